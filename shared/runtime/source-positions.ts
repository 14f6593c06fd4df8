import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Gives the stack of an error, and of its causes, the positions of the sources instead of the bundle's. The map is read when something has failed:
 * Node's own way reads it at each start, which is a quarter of a cold start and 8 MB. Without a map beside the bundle the stack stays as it is.
 */
export function withSourcePositions(error: unknown): void {
  for (let each = error, depth = 0; each instanceof Error && depth < maxCauses; each = each.cause, depth++) {
    if (each.stack !== undefined) each.stack = each.stack.replace(position, inSource);
  }
}

const maxCauses = 5;

/** `file:///var/task/index.mjs:12:345` */
const position = /(file:\/\/[^\s():]+\.mjs):(\d+):(\d+)/g;

function inSource(found: string, url: string, line: string, column: string): string {
  const file = fileURLToPath(url);
  const origin = mapOf(`${file}.map`)?.findOrigin(Number(line), Number(column));
  if (!origin || !('fileName' in origin)) return found;
  const path = relative(dirname(file), resolve(dirname(file), origin.fileName)).replace(/^(\.\.\/)+/, '');
  return `${path}:${origin.lineNumber}:${origin.columnNumber}`;
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file))
    maps.set(file, existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined);
  return maps.get(file);
}
