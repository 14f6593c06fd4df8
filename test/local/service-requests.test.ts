import { expect, test } from 'vitest';
import { usesOf } from '#local/lambda/service-requests.ts';

const dynamodb = (operation: string, input: object) =>
  usesOf(`DynamoDB_20120810.${operation}`, 'POST', '/', JSON.stringify(input)).map(
    ({ action, resource }) => `${action} ${resource}`,
  );

test('a write uses the action of its name on its table', () => {
  expect(dynamodb('PutItem', { TableName: 'things', Item: {} })).toEqual(['dynamodb:PutItem things']);
});

test('a table that is given by its ARN counts by its name', () => {
  const TableName = 'arn:aws:dynamodb:us-east-1:000000000000:table/things';

  expect(dynamodb('GetItem', { TableName })).toEqual(['dynamodb:GetItem things']);
});

test('a query of an index uses the index, and not the table', () => {
  expect(dynamodb('Query', { TableName: 'things', IndexName: 'byColour' })).toEqual([
    'dynamodb:Query things/index/byColour',
  ]);
});

test('what an item says of tables is no table', () => {
  const Item = { note: { S: '"TableName":"other"' }, TableName: { S: 'other' }, IndexName: { S: 'other' } };

  expect(dynamodb('PutItem', { Item, TableName: 'things' })).toEqual(['dynamodb:PutItem things']);
  expect(dynamodb('Query', { ExpressionAttributeValues: Item, TableName: 'things' })).toEqual([
    'dynamodb:Query things',
  ]);
});

test('a transaction uses the actions of its parts', () => {
  const TransactItems = [
    { Put: { TableName: 'a' } },
    { Update: { TableName: 'a' } },
    { Delete: { TableName: 'b' } },
    { ConditionCheck: { TableName: 'c' } },
  ];

  expect(dynamodb('TransactWriteItems', { TransactItems })).toEqual([
    'dynamodb:PutItem a',
    'dynamodb:UpdateItem a',
    'dynamodb:DeleteItem b',
    'dynamodb:ConditionCheckItem c',
  ]);
  expect(dynamodb('TransactGetItems', { TransactItems: [{ Get: { TableName: 'a' } }] })).toEqual([
    'dynamodb:GetItem a',
  ]);
});

test('a batch uses the action of the batch on each of its tables', () => {
  expect(dynamodb('BatchGetItem', { RequestItems: { a: {}, b: {} } })).toEqual([
    'dynamodb:BatchGetItem a',
    'dynamodb:BatchGetItem b',
  ]);
});

test('reading a secret uses it by its name, whichever way it was asked for', () => {
  const of = (SecretId: string) => usesOf('secretsmanager.GetSecretValue', 'POST', '/', JSON.stringify({ SecretId }));
  const expected = [{ action: 'secretsmanager:GetSecretValue', resource: 'pepper' }];

  expect(of('pepper')).toEqual(expected);
  expect(of('arn:aws:secretsmanager:us-east-1:000000000000:secret:pepper-a1b2c3')).toEqual(expected);
});

test.each(['SendMessage', 'SendMessageBatch'])('%s uses the right to send to the queue', (operation) => {
  const input = JSON.stringify({ QueueUrl: 'http://127.0.0.1:7/000000000000/due' });

  expect(usesOf(`AmazonSQS.${operation}`, 'POST', '/', input)).toEqual([
    { action: 'sqs:SendMessage', resource: 'due' },
  ]);
});

test.each(['POST', 'DELETE'])('%s of a connection uses that method of the stage of its API', (method) => {
  expect(usesOf(undefined, method, '/@management/a1b2/ocpp/@connections/xyz%3D', 'hello')).toEqual([
    { action: 'execute-api:ManageConnections', resource: `a1b2/ocpp/${method}` },
  ]);
});

test('a request to anywhere else uses nothing', () => {
  expect(usesOf(undefined, 'GET', '/weather', '')).toEqual([]);
});
