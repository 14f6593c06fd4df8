import { toInstant } from '#shared/domain/time.ts';
import type { TraceEntry } from '#shared/domain/trace.ts';
import type { Frame } from '#shared/ocpp/frame.ts';
import type { App } from './app.ts';
import type { Answered } from './call.ts';
import type { Caller } from './caller.ts';

interface Arrival {
  caller: Caller | undefined;
  connectionId: string;
  text: string;
  frame: Frame;
}

/** Names are the charger's to choose. */
const KEPT_NAME = 64;

/** Has the frame answered, and tells both to the trace of the charger. What arrives is told while it is answered, so that it is known if that fails. */
export async function traced(
  { tracing, clock }: Pick<App, 'tracing' | 'clock'>,
  { caller, connectionId, text, frame }: Arrival,
  answer: () => Promise<Answered>,
): Promise<Answered> {
  if (!caller || !(await tracing.isTraced(caller.chargerId))) return answer();
  const arrivedMs = clock();
  const note = (entry: Pick<TraceEntry, 'at' | 'direction' | 'text' | 'action' | 'ms'>) =>
    tracing.note(caller.chargerId, { ...entry, connectionId });
  const answering = answer();
  const arrival = { at: toInstant(arrivedMs), direction: 'in', text } as const;
  const noted =
    frame.kind === 'result' || frame.kind === 'error'
      ? // Only what it answers tells what it is about.
        answering.then(
          ({ answers, shown = text }) => note({ ...arrival, text: shown, action: answers }),
          () => note(arrival),
        )
      : note({ ...arrival, action: 'action' in frame ? frame.action?.slice(0, KEPT_NAME) : undefined });
  const [answered] = await Promise.allSettled([answering, noted]);
  if (answered.status === 'rejected') throw answered.reason;
  const { reply } = answered.value;
  if (reply !== undefined) {
    const nowMs = clock();
    const action = 'action' in frame ? frame.action?.slice(0, KEPT_NAME) : undefined;
    await note({ at: toInstant(nowMs), direction: 'out', text: reply, action, ms: nowMs - arrivedMs });
  }
  return answered.value;
}
