import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

export interface Key {
  pk: string;
  sk: string;
}

export type Item = Record<string, unknown>;

/** An expression with its values; names in it are written `#name` and stand for the attribute of that name. */
export interface Change {
  update: string;
  values?: Item;
  condition?: string;
}

const toItem = (item: Item) => marshall(item, { removeUndefinedValues: true });

const namesIn = (...expressions: (string | undefined)[]) => {
  const names = new Set(expressions.join(' ').match(/#\w+/g));
  return names.size === 0 ? undefined : Object.fromEntries([...names].map((name) => [name, name.slice(1)]));
};

const valuesOf = (values: Item | undefined) =>
  values && Object.keys(values).length > 0
    ? toItem(Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])))
    : undefined;

interface Query {
  index?: string;
  condition: string;
  values: Item;
  limit?: number;
  descending?: boolean;
}

/** DynamoDB in the words the stores need: plain items in, plain items out, a failed condition is an answer. */
export class Database {
  readonly client: DynamoDBClient;

  constructor(client: DynamoDBClient) {
    this.client = client;
  }

  async get(table: string, key: Key): Promise<Item | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: table, Key: toItem({ ...key }), ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  }

  /** At most 100 keys; in no particular order. */
  async getMany(table: string, keys: Key[]): Promise<Item[]> {
    const items: Item[] = [];
    let due: Record<string, AttributeValue>[] = keys.map((key) => toItem({ ...key }));
    for (let round = 0; due.length > 0; round++) {
      if (round > 0) await betweenRounds(round);
      const { Responses, UnprocessedKeys } = await this.client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: due, ConsistentRead: true } } }),
      );
      items.push(...(Responses?.[table] ?? []).map((item) => unmarshall(item)));
      due = UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return items;
  }

  /** Puts the item, whatever was there; true when there was one. */
  async replace(table: string, item: Item): Promise<boolean> {
    const { Attributes } = await this.client.send(
      new PutItemCommand({ TableName: table, Item: toItem(item), ReturnValues: 'ALL_OLD' }),
    );
    return Attributes !== undefined;
  }

  /** False when the condition fails: then nothing changes. */
  async put(table: string, item: Item, condition: string, values?: Item): Promise<boolean> {
    return conditional(() =>
      this.client.send(
        new PutItemCommand({
          TableName: table,
          Item: toItem(item),
          ConditionExpression: condition,
          ExpressionAttributeNames: namesIn(condition),
          ExpressionAttributeValues: valuesOf(values),
        }),
      ),
    );
  }

  /** Any number of items, each put whole; a repeated put changes nothing. */
  async putMany(table: string, items: Item[]): Promise<void> {
    let due = items.map((item) => ({ PutRequest: { Item: toItem(item) } }));
    let fruitless = 0;
    while (due.length > 0) {
      const { UnprocessedItems } = await this.client.send(
        new BatchWriteItemCommand({ RequestItems: { [table]: due.slice(0, 25) } }),
      );
      const undone = (UnprocessedItems?.[table] ?? []) as typeof due;
      fruitless = undone.length === 0 ? 0 : fruitless + 1;
      if (fruitless > 0) await betweenRounds(fruitless);
      due = [...undone, ...due.slice(25)];
    }
  }

  /** The item as it was before or is after; undefined when the condition fails. */
  async update(
    table: string,
    key: Key,
    change: Change,
    answer: 'before' | 'after' | 'nothing',
  ): Promise<Item | undefined> {
    let result: Item | undefined;
    const done = await conditional(async () => {
      const { Attributes } = await this.client.send(
        new UpdateItemCommand({
          TableName: table,
          ReturnValues: ({ before: 'ALL_OLD', after: 'ALL_NEW', nothing: 'NONE' } as const)[answer],
          ...expressionOf(key, change),
        }),
      );
      result = Attributes ? unmarshall(Attributes) : {};
    });
    return done ? result : undefined;
  }

  async query(table: string, query: Query): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages(table, query)) {
      items.push(...page);
      if (items.length >= (query.limit ?? Number.POSITIVE_INFINITY)) break;
    }
    return items;
  }

  /** One request after the other, each when it is asked for; `limit` is what one of them brings at most. */
  async *pages(table: string, options: Query): AsyncGenerator<Item[]> {
    let start: Record<string, AttributeValue> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.client.send(
        new QueryCommand({
          TableName: table,
          IndexName: options.index,
          ConsistentRead: options.index === undefined,
          KeyConditionExpression: options.condition,
          ExpressionAttributeNames: namesIn(options.condition),
          ExpressionAttributeValues: valuesOf(options.values),
          Limit: options.limit,
          ScanIndexForward: !options.descending,
          ExclusiveStartKey: start,
        }),
      );
      yield (Items ?? []).map((item) => unmarshall(item));
      start = LastEvaluatedKey;
    } while (start);
  }

  /** All that an index holds: for a sparse one. */
  async scan(table: string, index: string): Promise<Item[]> {
    const items: Item[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const { Items, LastEvaluatedKey } = await this.client.send(
        new ScanCommand({ TableName: table, IndexName: index, ExclusiveStartKey: start }),
      );
      items.push(...(Items ?? []).map((item) => unmarshall(item)));
      start = LastEvaluatedKey;
    } while (start);
    return items;
  }

  /** The items of a partition whose sort keys lie from `low` to `high`, both included; none where `low` is the higher one. */
  async between(
    table: string,
    range: { pk: string; low: string; high: string },
    options: { limit: number; descending?: boolean },
  ): Promise<Item[]> {
    // DynamoDB orders text by its bytes, and refuses bounds in the wrong order.
    if (Buffer.compare(Buffer.from(range.low), Buffer.from(range.high)) > 0) return [];
    return this.query(table, { condition: 'pk = :pk AND sk BETWEEN :low AND :high', values: range, ...options });
  }

  /** All or nothing. Undefined when it was done, else what stood in the way of each part. */
  async transact(parts: TransactWriteItem[]): Promise<Obstacle[] | undefined> {
    try {
      await this.client.send(new TransactWriteItemsCommand({ TransactItems: parts }));
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const obstacles = (error.CancellationReasons ?? []).map(({ Code = 'None', Item }) => ({
        code: Code,
        item: Item && unmarshall(Item),
      }));
      const reasons = obstacles.map(({ code }) => code);
      const expected = ['None', 'ConditionalCheckFailed', 'TransactionConflict'];
      if (reasons.some((reason) => !expected.includes(reason))) throw error;
      if (reasons.includes('TransactionConflict')) await breath();
      return obstacles;
    }
  }
}

/** Why a part of a transaction was not done ('None': not for its own sake), with the item that failed its condition. */
export interface Obstacle {
  code: string;
  item?: Item;
}

/** Parts of a transaction. */
export const part = {
  put: (table: string, item: Item, condition?: string, values?: Item): TransactWriteItem => ({
    Put: {
      TableName: table,
      Item: toItem(item),
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition),
      ExpressionAttributeValues: valuesOf(values),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  }),
  update: (table: string, key: Key, change: Change): TransactWriteItem => ({
    Update: { TableName: table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...expressionOf(key, change) },
  }),
  remove: (table: string, key: Key, condition?: string, values?: Item): TransactWriteItem => ({
    Delete: {
      TableName: table,
      Key: toItem({ ...key }),
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition),
      ExpressionAttributeValues: valuesOf(values),
    },
  }),
};

function expressionOf(key: Key, { update, values, condition }: Change) {
  return {
    Key: toItem({ ...key }),
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(update, condition),
    ExpressionAttributeValues: valuesOf(values),
  };
}

/** How often a single write may meet somebody's transaction on its item; the SDK does not try such a write again. */
const CONFLICTS = 5;

async function conditional(write: () => Promise<unknown>, conflicts = CONFLICTS): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    if (!(error instanceof TransactionConflictException) || conflicts === 0) throw error;
    await breath();
    return conditional(write, conflicts - 1);
  }
}

/** After so many rounds a batch that is still not done in full is an error: a charger tries again, a function must not run out of time. */
const ROUNDS = 20;

async function betweenRounds(round: number): Promise<void> {
  if (round >= ROUNDS) throw new Error('The table takes no more at the moment: a batch was done in part only');
  await breath();
}

/** A moment, of random length, in which another writer comes to its end. */
const breath = () => setTimeout(10 + Math.random() * 30);
