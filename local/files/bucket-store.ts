import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';

const objectShape = z.object({
  key: z.string(),
  /** Where its bytes are. */
  file: z.string(),
  size: z.int(),
  /** Without quotes. */
  etag: z.string(),
  type: z.string(),
  /** Milliseconds since 1970; S3 counts whole seconds. */
  modifiedMs: z.int(),
});

export type StoredObject = z.output<typeof objectShape>;

/** Below a prefix, what is older than this many milliseconds is gone. */
export interface Expiry {
  prefix: string;
  afterMs: number;
}

/**
 * The objects of one bucket, in a directory. An object is there once the file that describes it is: what was written in part is removed at the next
 * start.
 */
export class BucketStore {
  readonly #directory: string;
  readonly #expiries: readonly Expiry[];
  readonly #objects = new Map<string, StoredObject>();

  constructor(directory: string, expiries: readonly Expiry[]) {
    this.#directory = directory;
    this.#expiries = expiries;
    mkdirSync(directory, { recursive: true });
    const names = readdirSync(directory);
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      const object = objectShape.parse(JSON.parse(readFileSync(join(directory, name), 'utf8')));
      this.#objects.set(object.key, object);
    }
    const kept = new Set([...this.#objects.values()].flatMap(({ key, file }) => [file, description(key)]));
    for (const name of names.filter((each) => !kept.has(each))) rmSync(join(directory, name), { force: true });
  }

  find(key: string): StoredObject | undefined {
    const object = this.#objects.get(key);
    if (!object || !this.#isOver(object)) return object;
    this.#objects.delete(key);
    rmSync(join(this.#directory, description(key)), { force: true });
    rmSync(this.pathOf(object), { force: true });
    return undefined;
  }

  /** By key. */
  list(prefix: string, after: string): StoredObject[] {
    return [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && key > after)
      .sort()
      .flatMap((key) => this.find(key) ?? []);
  }

  /** Whole or not at all; whoever reads what was there before reads it to its end. */
  async put(key: string, content: AsyncIterable<Uint8Array>, type: string): Promise<StoredObject> {
    const file = `${randomUUID()}.object`;
    const path = join(this.#directory, file);
    const hash = createHash('md5');
    let size = 0;
    const measure = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(undefined, chunk);
      },
    });
    try {
      await pipeline(content, measure, createWriteStream(path));
    } catch (cause) {
      rmSync(path, { force: true });
      throw cause;
    }
    const modifiedMs = Math.floor(Date.now() / 1000) * 1000;
    const object: StoredObject = { key, file, size, etag: hash.digest('hex'), type, modifiedMs };
    const described = join(this.#directory, description(key));
    writeFileSync(`${path}.new`, JSON.stringify(object));
    renameSync(`${path}.new`, described);
    const before = this.#objects.get(key);
    this.#objects.set(key, object);
    if (before) rmSync(this.pathOf(before), { force: true });
    return object;
  }

  pathOf({ file }: StoredObject): string {
    return join(this.#directory, basename(file));
  }

  #isOver({ key, modifiedMs }: StoredObject): boolean {
    return this.#expiries.some(({ prefix, afterMs }) => key.startsWith(prefix) && modifiedMs + afterMs <= Date.now());
  }
}

/** Keys may have what no file system takes. */
const description = (key: string) => `${createHash('sha256').update(key).digest('hex')}.json`;
