import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

const attributes = z.record(z.string(), z.custom<AttributeValue>());

const keyed = z.object({
  Key: attributes.optional(),
  RequestItems: z.record(z.string(), z.object({ Keys: z.array(attributes).default([]) })).optional(),
  KeyConditionExpression: z.string().optional(),
  ExpressionAttributeValues: attributes.optional(),
});

/** Makes a client refuse what AWS refuses and dynoxide 1.2.1 lets pass: reads by an empty key, or by one that is too long. */
export function refuseLikeAws(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== 'BatchWriteItemCommand') keysIn(args.input).forEach(check);
      return next(args);
    },
    { step: 'initialize', name: 'refuseLikeAws' },
  );
}

function keysIn(input: unknown): (string | undefined)[] {
  const { Key, RequestItems = {}, KeyConditionExpression, ExpressionAttributeValues = {} } = keyed.parse(input);
  const keys = [...(Key ? [Key] : []), ...Object.values(RequestItems).flatMap(({ Keys }) => Keys)];
  const queried = KeyConditionExpression === undefined ? [] : Object.values(ExpressionAttributeValues);
  return [...keys.flatMap((key) => Object.values(key)), ...queried].map(({ S }) => S);
}

function check(key: string | undefined): void {
  if (key === '') throw validation('The AttributeValue for a key attribute cannot contain an empty string value');
  if (key !== undefined && Buffer.byteLength(key) > 1024) {
    throw validation('Size of rangekey has exceeded the maximum size limit of 1024 bytes');
  }
}

const validation = (message: string) =>
  Object.assign(new Error(`One or more parameter values were invalid: ${message}`), { name: 'ValidationException' });
