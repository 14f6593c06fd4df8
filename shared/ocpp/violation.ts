import * as z from 'zod';
import type { Action, RequestOf, ResponseOf } from './action.ts';
import { type ErrorCode, OcppError } from './errors.ts';
import { leniencyOf } from './leniency.ts';

export type Strictness = 'tolerant' | 'strict';

/** One way in which a payload breaks its contract. */
export interface Violation {
  /** Where, with list positions left out: `meterValue[].sampledValue[].value`. */
  field: string;
  /** What was broken, in words that suit a CALLERROR and a table key alike. */
  rule: string;
  code: ErrorCode;
}

export type Judgement<A extends Action> =
  | { ok: true; request: RequestOf<A>; violations: Violation[] }
  | { ok: false; error: OcppError; violations: Violation[] };

export type AnswerJudgement<A extends Action> =
  | { ok: true; response: ResponseOf<A>; violations: Violation[] }
  | { ok: false; violations: Violation[] };

type Issue = z.core.$ZodIssue;

/** Where several rules are broken, the description names the one that comes first here. */
const GRAVITY: readonly ErrorCode[] = [
  'OccurenceConstraintViolation',
  'TypeConstraintViolation',
  'PropertyConstraintViolation',
  'FormationViolation',
];

/**
 * Holds a payload to its contract. Strict: any violation refuses it. Tolerant: extra properties, overlong optional strings and
 * unknown values of optional enums are stripped, forgivable forms are mended or kept (leniency.ts), and all of it is reported.
 */
export function judge<A extends Action>(action: A, payload: unknown, strictness: Strictness): Judgement<A> {
  const { value, unforgiven, violations } = hold(action.request, payload, strictness);
  if (unforgiven.length > 0) return { ok: false, error: gravest(unforgiven), violations };
  return { ok: true, request: value as RequestOf<A>, violations };
}

/**
 * Holds what a charger answers to a command to the contract, always as a tolerant reader: nobody could tell the charger that its
 * answer is refused. No payload at all is an empty one.
 */
export function judgeAnswer<A extends Action>(action: A, payload: unknown): AnswerJudgement<A> {
  const { value, unforgiven, violations } = hold(action.response, payload ?? {}, 'tolerant');
  if (unforgiven.length > 0) return { ok: false, violations };
  return { ok: true, response: value as ResponseOf<A>, violations };
}

interface Held {
  /** What to go on with where everything is forgiven. */
  value: unknown;
  unforgiven: Violation[];
  violations: Violation[];
}

function hold(schema: z.ZodType, payload: unknown, strictness: Strictness): Held {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return { value: parsed.data, unforgiven: [], violations: [] };
  const found = parsed.error.issues.map((issue) => ({
    issue,
    violations: violationsOf(issue, payload),
    remedy: remedyFor(schema, issue, payload),
  }));
  const violations = found.flatMap((each) => each.violations);
  const unmended = strictness === 'strict' ? found : found.filter(({ remedy }) => remedy === undefined);
  if (unmended.length > 0) {
    return { value: undefined, unforgiven: unmended.flatMap((each) => each.violations), violations };
  }
  const mended = mend(payload, found);
  const kept = new Set(found.filter(({ remedy }) => remedy === 'keep').map(({ issue }) => key(issue.path)));
  const again = schema.safeParse(mended);
  const left = again.success ? [] : again.error.issues.filter((issue) => !kept.has(key(issue.path)));
  return { value: mended, unforgiven: left.flatMap((issue) => violationsOf(issue, mended)), violations };
}

/** The codes of OCPP-J 1.6 for one zod issue (J 4.2.3): one violation, or one for each property that nobody knows. */
function violationsOf(issue: Issue, payload: unknown): Violation[] {
  const field = issue.path.reduce<string>(
    (path, part) => (typeof part === 'number' ? `${path}[]` : path === '' ? String(part) : `${path}.${String(part)}`),
    '',
  );
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({
      field: (field === '' ? name : `${field}.${name}`).slice(0, 100).toWellFormed(),
      rule: 'unknown property',
      code: 'FormationViolation',
    }));
  }
  if (issue.path.length === 0) return [{ field: 'payload', rule: 'an object is due', code: 'FormationViolation' }];
  const [code, rule] = ruleOf(issue, valueAt(payload, issue.path));
  return [{ field, rule, code }];
}

function ruleOf(issue: Issue, value: unknown): [ErrorCode, string] {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return ['OccurenceConstraintViolation', 'missing'];
      if (typeof value === 'bigint' && issue.expected === 'number') {
        return ['PropertyConstraintViolation', 'out of range'];
      }
      return ['TypeConstraintViolation', `${issue.expected === 'int' ? 'integer' : issue.expected} is due`];
    case 'too_big':
    case 'too_small':
      if (issue.origin === 'array') return ['OccurenceConstraintViolation', 'at least one entry is due'];
      return issue.origin === 'string'
        ? ['PropertyConstraintViolation', `at most ${issue.code === 'too_big' ? issue.maximum : ''} characters`]
        : ['PropertyConstraintViolation', 'out of range'];
    case 'invalid_value':
      if (value === undefined) return ['OccurenceConstraintViolation', 'missing'];
      return typeof value === 'string'
        ? ['PropertyConstraintViolation', 'not one of the allowed values']
        : ['TypeConstraintViolation', 'string is due'];
    case 'custom':
      if (value === undefined) return ['OccurenceConstraintViolation', 'missing'];
      return [issue.params?.rule === 'type' ? 'TypeConstraintViolation' : 'PropertyConstraintViolation', issue.message];
    default:
      return ['PropertyConstraintViolation', issue.message];
  }
}

function gravest(violations: Violation[]): OcppError {
  const sorted = violations.toSorted((a, b) => GRAVITY.indexOf(a.code) - GRAVITY.indexOf(b.code));
  const { code, field, rule } = sorted[0] ?? { code: 'InternalError' as const, field: 'payload', rule: 'unreadable' };
  return new OcppError(code, `${field}: ${rule}`);
}

type Remedy = 'strip' | 'keep' | { put: unknown };

function remedyFor(schema: z.ZodType, issue: Issue, payload: unknown): Remedy | undefined {
  if (issue.code === 'unrecognized_keys') return 'strip';
  const { field, optional } = fieldAt(schema, issue.path);
  const value = valueAt(payload, issue.path);
  const put = field && leniencyOf(field)?.mend(value);
  if (put !== undefined) return put === value ? 'keep' : { put };
  const overlong = issue.code === 'too_big' && issue.origin === 'string';
  const unknownValue = issue.code === 'invalid_value' && typeof value === 'string';
  return optional && (overlong || unknownValue) ? 'strip' : undefined;
}

/**
 * The payload with the remedies applied. Only the lists and objects on the way to a fault are copied, each once: what lies beside
 * is shared, since a stranger's property may be nested so deep that copying it overflows the stack.
 */
function mend(payload: unknown, found: { issue: Issue; remedy: Remedy | undefined }[]): unknown {
  const root = { payload };
  const copies = new WeakSet<object>();
  for (const { issue, remedy } of found) {
    if (issue.code === 'unrecognized_keys') {
      const parent = copiedAt(root, ['payload', ...issue.path], copies);
      for (const name of issue.keys) delete parent[name];
    } else if (remedy !== 'keep') {
      const parent = copiedAt(root, ['payload', ...issue.path.slice(0, -1)], copies);
      const name = issue.path.at(-1) ?? '';
      if (typeof remedy === 'object') parent[name] = remedy.put;
      else delete parent[name];
    }
  }
  return root.payload;
}

/** The list or object at `path`, which is copied, like all on the way to it, unless it is a copy already. */
function copiedAt(root: object, path: PropertyKey[], copies: WeakSet<object>): Record<PropertyKey, unknown> {
  let parent = root as Record<PropertyKey, unknown>;
  for (const part of path) {
    const child = parent[part] as Record<PropertyKey, unknown>;
    const copy = copies.has(child) ? child : Array.isArray(child) ? [...child] : { ...child };
    copies.add(copy);
    parent[part] = copy;
    parent = copy as Record<PropertyKey, unknown>;
  }
  return parent;
}

/** The schema of the field that an issue speaks of, and whether the field may be absent. */
function fieldAt(schema: z.ZodType, path: PropertyKey[]): { field: z.ZodType | undefined; optional: boolean } {
  let field: z.ZodType | undefined = schema;
  let optional = false;
  for (const part of path) {
    const step: unknown =
      field instanceof z.ZodObject
        ? field.shape[String(part)]
        : field instanceof z.ZodArray
          ? field.element
          : undefined;
    optional = step instanceof z.ZodOptional;
    const inner: unknown = step instanceof z.ZodOptional ? step.unwrap() : step;
    field = inner instanceof z.ZodType ? inner : undefined;
  }
  return { field, optional };
}

function valueAt(payload: unknown, path: PropertyKey[]): unknown {
  let value = payload;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

const key = (path: PropertyKey[]) => JSON.stringify(path.map(String));
