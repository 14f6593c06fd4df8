/** What a charger says of itself when it boots. */
export interface Make {
  vendor: string;
  model: string;
  firmwareVersion?: string;
}

/** Which makes are meant; what is absent is any. */
export interface MakePattern {
  /** Whole words at the beginning of the name that a charger boots with, in any case: `abb` is ABB and `ABB E-mobility`, not `Abbott`. */
  vendor?: string;
  /** Like `vendor`. */
  model?: string;
  /** Versions as dotted numbers: from this one on, and below that one. */
  firmware?: { from?: string; below?: string };
}

export function isOfMake(make: Make, { vendor, model, firmware }: MakePattern): boolean {
  return (
    (vendor === undefined || startsWithWords(make.vendor, vendor)) &&
    (model === undefined || startsWithWords(make.model, model)) &&
    (firmware === undefined || isWithin(make.firmwareVersion, firmware))
  );
}

function startsWithWords(name: string, words: string): boolean {
  const [whole, beginning] = [name, words].map((text) => text.trim().toLowerCase());
  if (whole === undefined || beginning === undefined || !whole.startsWith(beginning)) return false;
  return !/^[\p{L}\p{N}]/u.test(whole.slice(beginning.length));
}

/** A version that cannot be read lies in no range. */
function isWithin(version: string | undefined, { from, below }: { from?: string; below?: string }): boolean {
  const numbers = versionOf(version);
  if (!numbers) return false;
  return (
    (from === undefined || compare(numbers, versionOf(from)) >= 0) &&
    (below === undefined || compare(numbers, versionOf(below)) < 0)
  );
}

/** `v1.10.2-beta` is 1.10.2: what follows the dotted numbers does not count. */
function versionOf(text: string | undefined): number[] | undefined {
  const [, dotted] = /^\s*v?(\d{1,9}(?:\.\d{1,9})*)(?![\d.])/i.exec(text ?? '') ?? [];
  return dotted?.split('.').map(Number);
}

/** By number, place by place: 1.10 is above 1.9, and 1.2 is 1.2.0. */
function compare(a: number[], b: number[] = []): number {
  const length = Math.max(a.length, b.length);
  const differences = Array.from({ length }, (_, place) => (a[place] ?? 0) - (b[place] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
