import { parseJson } from '#shared/ocpp/json.ts';

/**
 * JSON as it is written: a text is a literal, quotes and all, so that a tree can hold what no value can: `1e400`, `-0`, two fields of one name.
 */
export type Tree = string | Tree[] | Fields;

export interface Field {
  /** With its quotes. */
  name: string;
  value: Tree;
}

export class Fields {
  readonly all: Field[];

  constructor(all: Field[]) {
    this.all = all;
  }
}

/** Undefined where the text is not JSON, or is nested too deep to be worked upon. */
export function readTree(text: string): Tree | undefined {
  try {
    return treeOf(parseJson(text.replace(/^\uFEFF/, '')), 0);
  } catch {
    return undefined;
  }
}

const DEEPEST = 100;

function treeOf(value: unknown, depth: number): Tree {
  if (depth > DEEPEST) throw new RangeError('nested too deep');
  if (Array.isArray(value)) return value.map((entry) => treeOf(entry, depth + 1));
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return new Fields(
    Object.entries(value).map(([name, held]) => ({ name: JSON.stringify(name), value: treeOf(held, depth + 1) })),
  );
}

export function writeTree(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  if (Array.isArray(tree)) return `[${tree.map(writeTree).join(',')}]`;
  return `{${tree.all.map(({ name, value }) => `${name}:${writeTree(value)}`).join(',')}}`;
}

export function copyOf(tree: Tree): Tree {
  if (typeof tree === 'string') return tree;
  if (Array.isArray(tree)) return tree.map(copyOf);
  return new Fields(tree.all.map(({ name, value }) => ({ name, value: copyOf(value) })));
}

/** A value's place in what holds it. */
export type Place = { list: Tree[]; at: number } | { fields: Field[]; at: number };

/** Where a tree holds values, the root's own place left out. */
export function placesIn(tree: Tree): Place[] {
  const places: Place[] = [];
  const look = (held: Tree): void => {
    if (Array.isArray(held)) {
      for (const [at, entry] of held.entries()) {
        places.push({ list: held, at });
        look(entry);
      }
    } else if (typeof held === 'object') {
      for (const [at, { value }] of held.all.entries()) {
        places.push({ fields: held.all, at });
        look(value);
      }
    }
  };
  look(tree);
  return places;
}

export function valueIn(place: Place): Tree {
  return ('list' in place ? place.list[place.at] : place.fields[place.at]?.value) ?? 'null';
}

export function put(place: Place, value: Tree): void {
  if ('list' in place) place.list[place.at] = value;
  else {
    const field = place.fields[place.at];
    if (field) field.value = value;
  }
}

export function takeAway(place: Place): void {
  if ('list' in place) place.list.splice(place.at, 1);
  else place.fields.splice(place.at, 1);
}

/** Beside it, a second time. */
export function double(place: Place): void {
  if ('list' in place) place.list.splice(place.at, 0, copyOf(valueIn(place)));
  else {
    const field = place.fields[place.at];
    if (field) place.fields.splice(place.at, 0, { name: field.name, value: copyOf(field.value) });
  }
}
