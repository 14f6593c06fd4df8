import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { errorCodes } from '#shared/ocpp/errors.ts';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { officialSchema } from '#test/support/ocpp-arbitraries.ts';

/** What OCPP-J 1.6 says of frames and answers, told without the code that is tried. */

const ajv = new Ajv();
formats.default(ajv);
const official = new Map<string, ValidateFunction>(
  inboundNames.map((name) => [name, ajv.compile({ ...officialSchema(`${name}.conf`), $id: undefined })]),
);

/** A CALL's beginning, in what is not JSON as a whole. */
const head = /^\uFEFF?\s*\[\s*2\s*,\s*"([^"\\]{1,255})"/;

/** The message id to which an answer is due; undefined where nothing may be said (section 8 of the behaviour, rows 8, 9 and 16). */
function answerDueTo(text: string): string | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return head.exec(text)?.[1];
  }
  if (!Array.isArray(frame)) return undefined;
  const [type, messageId]: unknown[] = frame;
  return type === 2 && typeof messageId === 'string' && messageId !== '' ? messageId : undefined;
}

/** What is wrong with the reply to a frame; undefined where nothing is. `action`: the one that was answered, where there is such. */
export function faultOf(text: string, action: string, reply: string | undefined): string | undefined {
  const messageId = answerDueTo(text);
  if (messageId === undefined) return reply === undefined ? undefined : 'answered, and nothing may be';
  if (reply === undefined) return 'not answered';
  const answer: unknown = JSON.parse(reply);
  if (!Array.isArray(answer)) return 'the answer is no list';
  const [type, echoed, content, description, details]: unknown[] = answer;
  if (echoed !== messageId) return 'the message id is not echoed';
  if (type === 3) {
    if (answer.length !== 3) return 'a CALLRESULT has three elements';
    return official.get(action)?.(content) ? undefined : `no ${action}.conf`;
  }
  if (type !== 4 || answer.length !== 5) return 'a CALLERROR has five elements';
  if (!errorCodes.some((code) => code === content)) return 'no error code of OCPP 1.6';
  if (content === 'InternalError') return 'an unexpected error';
  if (typeof description !== 'string' || description.length > 255) return 'no description of at most 255 characters';
  return JSON.stringify(details) === '{}' ? undefined : 'the details are no object';
}
