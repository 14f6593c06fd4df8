import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { databaseClient } from '#shared/store/database-client.ts';
import { SigningHash } from '#shared/store/signing-hash.ts';

interface Sent {
  headers: IncomingHttpHeaders;
  body: string;
}

/** What a client sends for an item, to a database that answers each request with {}. */
async function requestsOf(make: typeof databaseClient, count = 1): Promise<Sent[]> {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    sent.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const client = make({
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'a secret', sessionToken: 'a session' },
  });
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  for (let index = 0; index < count; index++) {
    await client.send(new PutItemCommand({ TableName: 'readings', Item: { pk: { S: `ä ${index}` } } }));
  }
  return sent;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** As AWS computes it from what it was sent (Signature Version 4), for the credentials above. */
function authorizationOf({ headers, body }: Sent, signed: string[]): string {
  const time = String(headers['x-amz-date']);
  const day = time.slice(0, 8);
  const scope = `${day}/eu-central-1/dynamodb/aws4_request`;
  const canonical = [
    ...['POST', '/', ''],
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/\s+/g, ' ')}`),
    ...['', signed.join(';'), sha256(body)],
  ].join('\n');
  const key = [day, 'eu-central-1', 'dynamodb', 'aws4_request'].reduce(hmac, Buffer.from('AWS4a secret'));
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
}

test('each request is signed as AWS checks it, the second with the same key', async () => {
  const sent = await requestsOf(databaseClient, 2);

  expect(sent).toHaveLength(2);
  for (const each of sent) {
    const { authorization = '' } = each.headers;
    const signed = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? [];
    expect(signed).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']));
    expect(authorization).toBe(authorizationOf(each, signed));
  }
});

test('a request says of the SDK nothing that the database need not know', async () => {
  const named = async (make: typeof databaseClient) => {
    const [request] = await requestsOf(make);
    return Object.keys(request?.headers ?? {});
  };
  const asItComes = await named((config = {}) => new DynamoDBClient(config));

  expect(asItComes).toEqual(expect.arrayContaining(['user-agent', 'x-amz-user-agent']));
  expect(await named(databaseClient)).toEqual(asItComes.filter((name) => !name.endsWith('user-agent')));
});

test('the steps that are left out are steps of the SDK', () => {
  const steps = (client: DynamoDBClient) => client.middlewareStack.identify().map((step) => step.split(' ')[0]);
  const asItComes = steps(new DynamoDBClient({}));
  const ours = steps(databaseClient());

  expect(asItComes.filter((step) => !ours.includes(step))).toEqual([
    'loggerMiddleware',
    'getUserAgentMiddleware',
    'recursionDetectionMiddleware',
  ]);
});

const data = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  fc.uint8Array({ minLength: 4 }).map((bytes) => bytes.subarray(2)),
  fc.uint8Array().map((bytes) => new DataView(bytes.buffer)),
  fc.uint8Array().map(({ buffer }) => buffer),
);
const bytesOf = (given: string | ArrayBufferLike | ArrayBufferView) => {
  if (typeof given === 'string') return Buffer.from(given);
  return ArrayBuffer.isView(given) ? Buffer.from(given.buffer, given.byteOffset, given.byteLength) : Buffer.from(given);
};

test('a hash for signing is SHA-256, of any data in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(data), async (pieces) => {
      const ours = new SigningHash();
      for (const piece of pieces) ours.update(piece);

      const expected = createHash('sha256').update(Buffer.concat(pieces.map(bytesOf)));
      expect(Buffer.from(await ours.digest())).toEqual(expected.digest());
    }),
  );
});

test('a hash for signing with a secret is HMAC-SHA-256, each time that the secret is used', async () => {
  await fc.assert(
    fc.asyncProperty(data, fc.array(data, { minLength: 1 }), async (secret, texts) => {
      for (const text of texts) {
        const ours = new SigningHash(secret);
        ours.update(text);

        const expected = createHmac('sha256', bytesOf(secret)).update(bytesOf(text));
        expect(Buffer.from(await ours.digest())).toEqual(expected.digest());
      }
    }),
  );
});
