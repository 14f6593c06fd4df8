import * as z from 'zod';
import type { Invocation } from '#local/parts.ts';

/** What a `$connect` integration decides: a status outside 200 to 299 refuses the upgrade. */
export interface Admission {
  status: number;
  /** Sent to the client as it is, also one that it did not offer. */
  protocol?: string;
}

/** Of all headers only the subprotocol is passed on. */
const header = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const answerShape = z.object({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), header).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(header)).nullish(),
});
const token = /^[\w!#$%&'*+.^`|~-]+$/;

/** A failed function is a 500; an answer that is none is a 502. */
export function admissionOf(outcome: Invocation): Admission {
  if (!outcome.ok) return { status: 500 };
  const answer = answerShape.safeParse(outcome.payload);
  if (!answer.success) return { status: 502 };

  const { statusCode: status, headers, multiValueHeaders } = answer.data;
  const [protocol, ...more] = [headers, multiValueHeaders]
    .flatMap((map) => Object.entries(map ?? {}))
    .filter(([name]) => name.toLowerCase() === 'sec-websocket-protocol')
    .flatMap(([, value]) => value);
  if (protocol === undefined) return { status };
  return more.length === 0 && token.test(protocol) ? { status, protocol } : { status: 502 };
}
