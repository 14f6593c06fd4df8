import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { Checkpoints } from '#local/database/checkpoints.ts';
import type { DynamoDb } from '#local/database/dynamodb.ts';
import { type EventSourceMapping, eventSourceMappings } from '#local/database/event-source-mapping.ts';
import type { Expiries } from '#local/database/expiries.ts';
import { isThrottled } from '#local/lambda/throttling.ts';
import type { Assembly, Functions, Invocation } from '#local/parts.ts';

export interface Streams {
  /** Something was written to the tables: look now, not at the next tick. */
  wake(tables: readonly string[]): void;
  stop(): Promise<void>;
}

export interface StreamsOptions {
  call: DynamoDb;
  region: string;
  /** Where positions are kept, and dead letters in `queues/`. */
  dataDirectory: string;
  idleMs?: number;
  /** What was deleted because its time was over. */
  expiries?: Expiries;
  log(line: string): void;
}

/** Delivers what changes in tables to the functions whose event source mappings ask for it. */
export function startStreams(assembly: Assembly, functions: Functions, options: StreamsOptions): Streams {
  const checkpoints = new Checkpoints(join(options.dataDirectory, 'streams.json'));
  const readers = eventSourceMappings(assembly).map(
    (mapping) => new StreamReader(mapping, functions, checkpoints, options),
  );
  return {
    wake: (tables) => {
      for (const reader of readers) if (tables.includes(reader.table)) reader.wake();
    },
    stop: async () => {
      await Promise.all(readers.map((reader) => reader.stop()));
    },
  };
}

const streamList = z.object({ Streams: z.array(z.object({ StreamArn: z.string() })) });
const streamDescription = z.object({
  StreamDescription: z.object({ Shards: z.array(z.object({ ShardId: z.string() })) }),
});
const iteratorShape = z.object({ ShardIterator: z.string() });
const image = z.record(z.string(), z.unknown());
const recordShape = z.looseObject({
  eventName: z.string(),
  dynamodb: z.looseObject({
    Keys: image.default({}),
    SequenceNumber: z.string(),
    ApproximateCreationDateTime: z.number().optional(),
    NewImage: image.optional(),
    OldImage: image.optional(),
  }),
});
const recordsShape = z.object({ Records: z.array(recordShape), NextShardIterator: z.string().optional() });
const failuresShape = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish(),
});

type StreamRecord = z.output<typeof recordShape>;
type Place = { stream: string; shard: string; iterator: string };

const maxBackOffMs = 5000;
/** Between two looks at a stream, however often it is written to: what is written meanwhile comes in one. */
const lookEveryMs = 25;
/** What was passed over is written down this often; what was delivered, at once. */
const keepPassedEveryMs = 1000;

/** Reads one stream for one mapping, one batch after the other. */
class StreamReader {
  readonly #mapping: EventSourceMapping;
  readonly #functions: Functions;
  readonly #checkpoints: Checkpoints;
  readonly #options: StreamsOptions;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #wake: (() => void) | undefined;
  #woken = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #keptMs = Number.NEGATIVE_INFINITY;
  /** As far as it came without having anything to deliver, where that is not written down yet. */
  #passed: { place: Place; record: StreamRecord } | undefined;

  constructor(mapping: EventSourceMapping, functions: Functions, checkpoints: Checkpoints, options: StreamsOptions) {
    this.#mapping = mapping;
    this.#functions = functions;
    this.#checkpoints = checkpoints;
    this.#options = options;
    this.#done = this.#run();
  }

  get table(): string {
    return this.#mapping.table;
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
    if (this.#passed) this.#keep(this.#passed.place, this.#passed.record);
  }

  async #run(): Promise<void> {
    let place: Place | undefined;
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        place ??= await this.#begin();
        place = await this.#readOn(place);
        failures = 0;
      } catch (cause) {
        if (this.#stopping.signal.aborted) return;
        this.#options.log(`${this.#mapping.id}: ${cause instanceof Error ? cause.message : cause}`);
        place = undefined;
        await this.#pause(backOff(failures++));
      }
    }
  }

  async #begin(): Promise<Place> {
    const { call } = this.#options;
    const { id, table, fromLatest } = this.#mapping;
    const stream = streamList.parse(await call('Streams.ListStreams', { TableName: table })).Streams.at(-1)?.StreamArn;
    if (!stream) throw new Error(`the table ${table} has no stream`);
    const { StreamDescription } = streamDescription.parse(await call('Streams.DescribeStream', { StreamArn: stream }));
    const shard = StreamDescription.Shards.at(-1)?.ShardId;
    if (!shard) throw new Error(`the stream of ${table} has no shard`);

    const begin = { StreamArn: stream, ShardId: shard };
    const iteratorOf = async (from: { ShardIteratorType: string; SequenceNumber?: string }) =>
      iteratorShape.parse(await call('Streams.GetShardIterator', { ...begin, ...from })).ShardIterator;
    const beginning = await iteratorOf({ ShardIteratorType: 'TRIM_HORIZON' });

    // 'Latest' is a position to keep as well: what is written before the next start must not be passed over.
    if (fromLatest && this.#checkpoints.of(id, stream) === undefined) {
      this.#checkpoints.keep(id, stream, await this.#newest(beginning));
    }
    const kept = this.#checkpoints.of(id, stream);
    const iterator =
      kept === undefined
        ? beginning
        : await iteratorOf({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: kept });
    return { stream, shard, iterator };
  }

  async #newest(beginning: string): Promise<string> {
    let newest = '0';
    for (let iterator = beginning; ; ) {
      const { Records, NextShardIterator } = await this.#records(iterator);
      const last = Records.at(-1);
      if (!last || !NextShardIterator) return newest;
      newest = last.dynamodb.SequenceNumber;
      iterator = NextShardIterator;
    }
  }

  async #records(iterator: string) {
    return recordsShape.parse(await this.#options.call('Streams.GetRecords', { ShardIterator: iterator, Limit: 1000 }));
  }

  async #readOn(place: Place): Promise<Place> {
    const early = this.#lookedMs + lookEveryMs - performance.now();
    if (early > 0) await this.#pause(early);
    this.#lookedMs = performance.now();
    this.#woken = false;
    const { Records, NextShardIterator } = await this.#records(place.iterator);
    const last = Records.at(-1);
    if (!last) {
      if (!this.#woken) {
        await Promise.race([
          this.#pause(this.#options.idleMs ?? 200),
          new Promise<void>((wake) => (this.#wake = wake)),
        ]);
      }
      return { ...place, iterator: NextShardIterator ?? place.iterator };
    }
    const wanted = Records.filter(isChange)
      .map((record) => this.#asAws(record))
      .filter((record) => this.#mapping.matches(record));
    for (let from = 0; from < wanted.length && !this.#stopping.signal.aborted; from += this.#mapping.batchSize) {
      await this.#deliver(wanted.slice(from, from + this.#mapping.batchSize), place);
    }
    if (this.#stopping.signal.aborted) return place;
    if (wanted.at(-1)?.dynamodb.SequenceNumber !== last.dynamodb.SequenceNumber) this.#pass(place, last);
    if (!NextShardIterator) throw new Error(`the shard ${place.shard} has ended`);
    return { ...place, iterator: NextShardIterator };
  }

  /** Until the function took the records, or the last retry failed and they are dead letters. */
  async #deliver(batch: StreamRecord[], place: Place): Promise<void> {
    let rest = batch;
    let throttles = 0;
    for (let invocations = 1; ; invocations++) {
      const outcome = await this.#functions.invoke(this.#mapping.functionName, { Records: rest });
      if (isThrottled(outcome)) {
        // Nothing of it ran, so it was no try.
        invocations--;
        await this.#pause(backOff(throttles++));
        if (this.#stopping.signal.aborted) return;
        continue;
      }
      const failedFrom = this.#firstFailure(outcome, rest);
      const lastTaken = rest[failedFrom - 1];
      if (lastTaken) {
        this.#keep(place, lastTaken);
        rest = rest.slice(failedFrom);
        if (rest.length === 0) return;
        // What was reported as taken is progress: the rest has all its retries before it.
        invocations = 1;
      }
      if (this.#stopping.signal.aborted) return;

      const splits = this.#mapping.bisect && rest.length > 1;
      if (!splits && invocations > this.#mapping.retries) return this.#bury(rest, place, outcome, invocations);
      await this.#pause(backOff(invocations - 1));
      if (this.#stopping.signal.aborted) return;
      if (splits) {
        const middle = Math.ceil(rest.length / 2);
        await this.#deliver(rest.slice(0, middle), place);
        if (!this.#stopping.signal.aborted) await this.#deliver(rest.slice(middle), place);
        return;
      }
    }
  }

  /** The index of the first record that was not taken; `batch.length` when all were. */
  #firstFailure(outcome: Invocation, batch: StreamRecord[]): number {
    if (!outcome.ok) return 0;
    if (!this.#mapping.reportsItemFailures) return batch.length;
    const answer = failuresShape.nullable().safeParse(outcome.payload);
    if (!answer.success) return 0;
    const indexes = (answer.data?.batchItemFailures ?? []).map(({ itemIdentifier }) =>
      batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === itemIdentifier),
    );
    // An identifier that is not in the batch fails all of it.
    return Math.max(0, Math.min(batch.length, ...indexes));
  }

  #bury(batch: StreamRecord[], place: Place, outcome: Invocation, invocations: number): void {
    const { deadLetters, functionName, id, streamArn } = this.#mapping;
    const [first, last] = [batch.at(0), batch.at(-1)];
    if (!first || !last) return;
    this.#options.log(
      `${id}: gave up on ${batch.length} records after ${invocations} invocations: ${outcome.ok ? 'reported as failed' : outcome.error.errorMessage}`,
    );
    if (deadLetters !== undefined) {
      const directory = join(this.#options.dataDirectory, 'queues');
      mkdirSync(directory, { recursive: true });
      const letter = {
        requestContext: {
          requestId: randomUUID(),
          functionArn: functionName,
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: invocations,
        },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: outcome.ok ? null : 'Unhandled',
        },
        version: '1.0',
        timestamp: new Date().toISOString(),
        DDBStreamBatchInfo: {
          shardId: place.shard,
          startSequenceNumber: first.dynamodb.SequenceNumber,
          endSequenceNumber: last.dynamodb.SequenceNumber,
          approximateArrivalOfFirstRecord: arrival(first),
          approximateArrivalOfLastRecord: arrival(last),
          batchSize: batch.length,
          streamArn,
        },
      };
      appendFileSync(join(directory, `${deadLetters}.jsonl`), `${JSON.stringify(letter)}\n`);
    }
    this.#keep(place, last);
  }

  /** After a kill it is read and looked at once more. */
  #pass(place: Place, record: StreamRecord): void {
    this.#passed = { place, record };
    if (performance.now() - this.#keptMs >= keepPassedEveryMs) this.#keep(place, record);
  }

  #keep({ stream }: Place, { dynamodb }: StreamRecord): void {
    this.#keptMs = performance.now();
    this.#passed = undefined;
    this.#checkpoints.keep(this.#mapping.id, stream, dynamodb.SequenceNumber);
  }

  /** dynoxide names itself where AWS names the region, and its event ids are unique only within a stream. */
  #asAws(record: StreamRecord): StreamRecord {
    const { streamArn } = this.#mapping;
    const eventID = createHash('md5').update(`${streamArn} ${record.dynamodb.SequenceNumber}`).digest('hex');
    const expired =
      record.eventName === 'REMOVE' && this.#options.expiries?.has(this.#mapping.table, record.dynamodb.Keys);
    return {
      ...record,
      eventID,
      awsRegion: this.#options.region,
      eventSourceARN: streamArn,
      ...(expired && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    };
  }

  /** Shorter when the reader is stopped. */
  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}

/** AWS has no record of a write that changed nothing. */
function isChange({ eventName, dynamodb }: StreamRecord): boolean {
  return eventName !== 'MODIFY' || !dynamodb.NewImage || !isDeepStrictEqual(dynamodb.NewImage, dynamodb.OldImage);
}

function arrival({ dynamodb }: StreamRecord): string {
  return new Date((dynamodb.ApproximateCreationDateTime ?? 0) * 1000).toISOString();
}

function backOff(failures: number): number {
  return Math.min(100 * 2 ** failures, maxBackOffMs);
}
