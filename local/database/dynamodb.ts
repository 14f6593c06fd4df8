import * as z from 'zod';

/** One request of the DynamoDB (or DynamoDB Streams) API in plain JSON. Rejects with DynamoDbError. */
export type DynamoDb = (operation: string, input: unknown) => Promise<unknown>;

export class DynamoDbError extends Error {
  override name = 'DynamoDbError';
  /** As AWS names it: `ResourceNotFoundException`. */
  readonly type: string;

  constructor(operation: string, type: string, message: string) {
    super(`${operation}: ${type}: ${message}`);
    this.type = type;
  }
}

const failureShape = z.object({ __type: z.string().default('Error'), message: z.string().optional() });

/** `operation` is `PutItem`, or `Streams.GetRecords`. */
export function dynamoDb(endpoint: string, region: string): DynamoDb {
  return async (operation, input) => {
    const target = operation.startsWith('Streams.')
      ? `DynamoDBStreams_20120810.${operation.slice('Streams.'.length)}`
      : `DynamoDB_20120810.${operation}`;
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target,
        // A local database checks that there is a signature, not which.
        'x-amz-date': '20260101T000000Z',
        authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const output: unknown = await response.json();
    if (response.ok) return output;
    const { __type, message = '' } = failureShape.parse(output);
    throw new DynamoDbError(operation, __type.replace(/^.*#/, ''), message);
  };
}
