import type { OcppError } from './errors.ts';
import { mayHoldHalves, parseJson, wellFormed } from './json.ts';

/** A frame of OCPP-J 1.6 as it arrived (J 4.1, 4.2). */
export type Frame =
  | { kind: 'call'; messageId: string; action: string; payload: Record<string, unknown> }
  | { kind: 'result'; messageId: string; payload: unknown }
  | { kind: 'error'; messageId: string; code: string; description: string; details: unknown }
  /** A CALL whose id is known but whose form is wrong: to be answered with FormationViolation. */
  | { kind: 'malformed'; messageId: string; action?: string; reason: string }
  /** Nothing that could be answered. */
  | { kind: 'ignored'; reason: string };

const MAX_ID = 36;

/** The beginning of a CALL in a text that is not JSON: `[2,"<id>","<action>"`. */
const CALL_HEAD = /^\s*\[\s*2\s*,\s*"([^"\\]{1,255})"\s*(?:,\s*"([^"\\]{1,50})")?/;

/** Reads one text frame. Never throws. */
export function parseFrame(text: string): Frame {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let json: unknown;
  try {
    json = parseJson(body);
    // All but the message id, which is echoed as it came.
    if (mayHoldHalves(body) && Array.isArray(json)) json = [...json.slice(0, 2), ...json.slice(2).map(wellFormed)];
  } catch (error) {
    return error instanceof RangeError ? tooDeep(body) : recover(body);
  }
  if (!Array.isArray(json)) return { kind: 'ignored', reason: 'not a JSON array' };
  const [type, messageId] = json as unknown[];
  if (type !== 2 && type !== 3 && type !== 4) return { kind: 'ignored', reason: 'unknown message type' };
  if (typeof messageId !== 'string' || messageId === '') return { kind: 'ignored', reason: 'no usable message id' };
  if (type === 2) return parseCall(messageId, json);
  if (type === 3) return { kind: 'result', messageId, payload: json[2] };
  const [, , code, description, details] = json as unknown[];
  return { kind: 'error', messageId, code: textOf(code), description: textOf(description), details };
}

/** Never String(): it throws for `{"toString":1}` and for lists nested too deep. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

function parseCall(messageId: string, json: unknown[]): Frame {
  const action = typeof json[2] === 'string' ? json[2] : undefined;
  const malformed = (reason: string): Frame => ({ kind: 'malformed', messageId, action, reason });
  if ([...messageId].length > MAX_ID) return malformed(`message id: at most ${MAX_ID} characters`);
  if (json.length !== 4) return malformed(`CALL: 4 elements are due, not ${json.length}`);
  if (action === undefined) return malformed('action: a string is due');
  const payload = json[3] ?? {};
  if (typeof payload !== 'object' || Array.isArray(payload)) return malformed('payload: an object is due');
  return { kind: 'call', messageId, action, payload: payload as Record<string, unknown> };
}

/** JSON, but nested deeper than integers beyond 2^53 and halves of characters are looked for: its id can be read nevertheless. */
function tooDeep(text: string): Frame {
  const json: unknown = JSON.parse(text);
  const [type, messageId, action]: unknown[] = Array.isArray(json) ? json : [];
  if (type !== 2 || typeof messageId !== 'string' || messageId === '') {
    return { kind: 'ignored', reason: 'nested too deep' };
  }
  return {
    kind: 'malformed',
    messageId,
    action: typeof action === 'string' ? action : undefined,
    reason: 'payload: nested too deep',
  };
}

function recover(text: string): Frame {
  const [, messageId, action] = CALL_HEAD.exec(text) ?? [];
  if (messageId === undefined) return { kind: 'ignored', reason: 'not JSON' };
  return { kind: 'malformed', messageId, action, reason: 'not JSON' };
}

export function callResult(messageId: string, payload: unknown): string {
  return JSON.stringify([3, messageId, payload]);
}

/** Five elements always; the details are an object, never null (J 4.2.3). The description fits its 255 characters, none cut in half. */
export function callError(messageId: string, error: OcppError): string {
  return JSON.stringify([4, messageId, error.code, error.message.slice(0, 255).toWellFormed(), {}]);
}
