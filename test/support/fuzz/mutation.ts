import { STRANGE_NAMES } from '#test/support/ocpp-arbitraries.ts';
import type { Random } from '#test/support/random.ts';
import {
  copyOf,
  double,
  Fields,
  type Place,
  placesIn,
  put,
  readTree,
  type Tree,
  takeAway,
  valueIn,
  writeTree,
} from './tree.ts';

/** A frame to work upon. */
export interface Seed {
  text: string;
  /** Absent where the text is not JSON. */
  tree: Tree | undefined;
  /** What it lends to others. */
  values: readonly Tree[];
}

export function seedOf(text: string): Seed {
  const tree = readTree(text);
  return { text, tree, values: tree === undefined ? [text] : [tree, ...placesIn(tree).map(valueIn)] };
}

/** The frame with one to four wounds, in its structure, in its text or in both. `others` lend their values and names. */
export function mutated(seed: Seed, others: readonly Seed[], random: Random): string {
  let text = seed.text;
  if (seed.tree !== undefined && random.chance(0.92)) {
    const frame: Tree[] = [copyOf(seed.tree)];
    for (let wounds = 1 + random.below(3); wounds > 0; wounds--) woundTree(frame, others, random);
    text = frame.map(writeTree).join('');
    if (random.chance(0.92)) return text;
  }
  return woundText(text, random.pick(others).text, random);
}

type Wound = (place: Place, lent: Tree, random: Random) => void;

const wounds: readonly Wound[] = [
  takeAway,
  double,
  put,
  put,
  (place, _, random) => put(place, random.pick(LITERALS)),
  (place, _, random) => put(place, random.pick(LITERALS)),
  (place, _, random) => put(place, stretched(valueIn(place), random)),
  (place, _, random) => put(place, stretched(valueIn(place), random)),
  (place, _, random) => put(place, nested(valueIn(place), random)),
  rename,
  addStranger,
  swap,
];

/** The frame itself, message type, id and action. */
const BEFORE_PAYLOAD = 4;

function woundTree(frame: Tree[], others: readonly Seed[], random: Random): void {
  const places = placesIn(frame);
  const inPayload = random.chance(0.8) ? places.slice(BEFORE_PAYLOAD) : [];
  const place = random.pick(inPayload.length > 0 ? inPayload : places.length > 0 ? places : [{ list: frame, at: 0 }]);
  random.pick(wounds)(place, copyOf(random.pick(random.pick(others).values)), random);
}

const HALF = '\\ud83d';

/** Values that programs trip over, as they are written. */
const LITERALS: readonly string[] = [
  ...['null', 'true', 'false', '[]', '{}', '""', '" "', '[[]]', '[null]', '{"":{}}'],
  ...['0', '-0', '1', '-1', '1.5', '1e2', '1E400', '-1e-400', '1e308', '0.1e1', '5e-324'],
  ...['16777215', '16777216', '2147483647', '2147483648', '-2147483648', '-2147483649'],
  ...['9007199254740991', '9007199254740993', '9223372036854775807', '-9223372036854775808', '9'.repeat(400)],
  ...['"1"', '"1,5"', '"-1"', '"NaN"', '"Infinity"', '"9223372036854775807"', '"1e3"', '"0x10"'],
  ...['2', '3', '4', '"2"', '2.0', '"Heartbeat"', '"StartTransaction"', '"MeterValues"', '"Reset"', '"__proto__"'],
  ...['"2026-06-01T12:00:00"', '"2026-06-01T12:00:00.123456789+01:00"', '"2026-06-01t12:00:00z"'],
  ...['"1970-01-01T00:00:00Z"', '"2999-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"', '"0000-01-01T00:00:00Z"'],
  ...[`"2026-06-01T12:00:00.${'9'.repeat(2000)}Z"`, '"9999-12-31T23:59:60-23:59"', '"0001-01-01T00:00:00+23:59"'],
  ...[`"${HALF}"`, '"\\ude00"', `"${HALF}${HALF}"`, '"\\u0000"', '"\uFEFF"', '"\u2028\\u2029"', '"😀"', '"‮מ"'],
  ...[
    '"ß"',
    '"İ"',
    '"ﬃ"',
    '"\u212A"',
    '"a#b"',
    '"#"',
    '"$"',
    '"%"',
    '"/"',
    '"<b>&amp;"',
    '"\'; --"',
    '"\\\\"',
    '"\\""',
  ],
];

/** The lengths at which fields end, keys end, and one more. */
const LENGTHS = [1, 20, 21, 25, 26, 36, 37, 50, 51, 100, 255, 256, 1000, 1024, 1025, 3000];
const FILLINGS = ['x', '😀', '\\u0000', HALF, 'ß', '\\"', '\\\\', ' ', '9', '.'];

/** Text or digits of a length at which something ends; what is no literal becomes text. */
function stretched(value: Tree, random: Random): Tree {
  const length = random.pick(LENGTHS);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return `${random.pick(['-', ''])}1${'0'.repeat(length)}`;
  const own = typeof value === 'string' && value.startsWith('"') && random.chance(0.5) ? value.slice(1, -1) : '';
  return `"${own}${random.pick(FILLINGS).repeat(length)}"`;
}

/** Deeper than what walks from level to level can follow. */
const TOO_DEEP = 7_000;

function nested(value: Tree, random: Random): Tree {
  if (random.chance(0.02)) return `${'['.repeat(TOO_DEEP)}${random.pick(LITERALS)}${']'.repeat(TOO_DEEP)}`;
  let held = value;
  for (let levels = 1 + random.below(4); levels > 0; levels--) {
    held = random.chance(0.5) ? [held] : new Fields([{ name: '"a"', value: held }]);
  }
  return held;
}

function rename(place: Place, lent: Tree, random: Random): void {
  const field = 'fields' in place ? place.fields[place.at] : undefined;
  if (!field) return;
  const names = lent instanceof Fields && lent.all.length > 0 ? lent.all.map(({ name }) => name) : STRANGE;
  field.name = random.pick([random.pick(names), field.name.toLowerCase(), field.name.toUpperCase(), ` ${field.name}`]);
}

const STRANGE = [
  ...STRANGE_NAMES.map((name) => JSON.stringify(name)),
  `"${HALF}"`,
  '"\\u0000"',
  `"${'n'.repeat(300)}"`,
  '"😀#"',
];

function addStranger(place: Place, lent: Tree, random: Random): void {
  const value = valueIn(place);
  const field = { name: random.pick(STRANGE), value: random.chance(0.5) ? lent : random.pick(LITERALS) };
  if (value instanceof Fields) value.all.splice(random.below(value.all.length + 1), 0, field);
  else if (Array.isArray(value)) value.splice(random.below(value.length + 1), 0, field.value);
  else if ('fields' in place) place.fields.push(field);
  else place.list.push(field.value);
}

/** With its neighbour. */
function swap(place: Place): void {
  const values = 'list' in place ? place.list.length : place.fields.length;
  const neighbour = { ...place, at: (place.at + 1) % values };
  const value = valueIn(place);
  put(place, valueIn(neighbour));
  put(neighbour, value);
}

const NOISE = [
  '"',
  '\\',
  ',',
  ':',
  '[',
  ']',
  '{',
  '}',
  '\u0000',
  '\n',
  ' ',
  '\uFEFF',
  '\ud83d',
  '\ude00',
  '2',
  '-',
  'e',
  '\u00e9',
  '//',
  '\\u',
  'null',
];

function woundText(text: string, other: string, random: Random): string {
  const at = random.below(text.length + 1);
  const from = random.below(text.length + 1);
  switch (random.below(10)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(at);
    case 2:
      return `\uFEFF${text}`;
    case 3:
      return text.slice(0, Math.min(at, from)) + text.slice(Math.max(at, from));
    case 4:
      return text.slice(0, Math.max(at, from)) + text.slice(Math.min(at, from));
    case 5:
      return text.slice(0, at) + other.slice(random.below(other.length + 1));
    case 6:
      return noisyBytes(text, random);
    case 7:
      return text.replace(random.pick(['"', ',', ':', '2']), random.pick(NOISE));
    default:
      return text.slice(0, at) + random.pick(NOISE) + text.slice(at + random.below(2));
  }
}

/** Some bits turned over on the way; what is no UTF-8 then was read by a lenient decoder. */
function noisyBytes(text: string, random: Random): string {
  const bytes = Buffer.from(text);
  for (let flips = 1 + random.below(4); flips > 0 && bytes.length > 0; flips--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes.toString();
}
