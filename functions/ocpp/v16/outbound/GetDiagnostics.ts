import { withoutLogin } from '#shared/domain/files.ts';
import { GetDiagnostics } from '#shared/ocpp/v16/GetDiagnostics.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { reportsSince } from '#shared/runtime/sightings.ts';

/** An upload over a slow line, with its retries. */
const UPLOAD_MS = 6 * 3600_000;

/** The answer names the file, or none where there is nothing to upload; how the upload goes is told by DiagnosticsStatusNotification. */
export const getDiagnostics = defineOperation<typeof GetDiagnostics>({
  action: GetDiagnostics,
  withoutSecrets(request) {
    const location = withoutLogin(request.location);
    return location === undefined ? undefined : { ...request, location };
  },
  answerWithoutSecrets(_, answer) {
    const fileName = typeof answer.fileName === 'string' ? withoutLogin(answer.fileName) : undefined;
    return fileName === undefined ? answer : { ...answer, fileName };
  },
  watchUntilMs: (_, { fileName }, { nowMs }) => (fileName ? nowMs + UPLOAD_MS : undefined),
  look: async (_, caused) =>
    (await reportsSince(caused, 'diagnosticsStatus')).filter(({ what }) => /^Upload(ed|Failed)$/.test(what)),
});
