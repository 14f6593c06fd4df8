import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';

/** Makes a client meet what AWS does under load and dynoxide never: so many transactions that conflict with another writer's. */
export function conflictNext(client: DynamoDBClient, transactions: number): void {
  let left = transactions;
  client.middlewareStack.add(
    (next) => async (args) => {
      if (!('TransactItems' in args.input) || left === 0) return next(args);
      left--;
      const reasons = (args.input.TransactItems ?? []).map((_, index) => ({
        Code: index === 0 ? 'TransactionConflict' : 'None',
      }));
      throw new TransactionCanceledException({
        message: 'Transaction cancelled',
        $metadata: {},
        CancellationReasons: reasons,
      });
    },
    { step: 'initialize', name: 'conflictNext', override: true },
  );
}

/** Makes a client meet batches of which AWS does no more than `most` at once. */
export function throttleBatches(client: DynamoDBClient, most: number): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      if (!('RequestItems' in args.input)) return next(args);
      const [now, later] = split(args.input.RequestItems ?? {}, most);
      const result = await next({ ...args, input: { ...args.input, RequestItems: now } });
      if (later) Object.assign(result.output, { UnprocessedItems: later, UnprocessedKeys: later });
      return result;
    },
    { step: 'initialize', name: 'throttleBatches', override: true },
  );
}

type Batch = Record<string, unknown[] | { Keys: unknown[] | undefined }>;

function split(batch: Batch, most: number): [Batch, Batch | undefined] {
  const [[table, wanted] = []] = Object.entries(batch);
  if (table === undefined || wanted === undefined) return [batch, undefined];
  const all = Array.isArray(wanted) ? wanted : (wanted.Keys ?? []);
  const parts = [all.slice(0, most), all.slice(most)].map((some) => ({
    [table]: Array.isArray(wanted) ? some : { ...wanted, Keys: some },
  }));
  const [now = batch, later] = parts;
  return [now, all.length > most ? later : undefined];
}
