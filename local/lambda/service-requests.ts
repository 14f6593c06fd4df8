/** A right that a request needs, as IAM names it. */
export interface Use {
  action: string;
  resource: string;
}

/**
 * What a function asks of AWS with one HTTP request, by its `x-amz-target`, method, path and body; [] for anything else. It runs in each instance of a
 * function: without zod, which would take longer to load than most bundles.
 */
export function usesOf(target: string | undefined, method: string, path: string, body: string): Use[] {
  const [, apiId, stage] = /^\/@management\/([^/]+)\/([^/]+)\/@connections\//.exec(path) ?? [];
  if (apiId && stage) return [{ action: 'execute-api:ManageConnections', resource: `${apiId}/${stage}/${method}` }];

  const [service, operation] = target?.split('.') ?? [];
  if (!service || !operation) return [];
  if (service === 'secretsmanager') {
    return [{ action: `secretsmanager:${operation}`, resource: nameOfSecret(textIn(body, 'SecretId')) }];
  }
  if (service === 'AmazonSQS') {
    const queue = textIn(body, 'QueueName') || textIn(body, 'QueueUrl').replace(/^.*\//, '');
    return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: queue }];
  }
  return service.startsWith('DynamoDB_') ? usesOfDatabase(operation, body) : [];
}

const actionOfPart: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

function usesOfDatabase(operation: string, body: string): Use[] {
  const on = (action: string, table: string) => ({ action: `dynamodb:${action}`, resource: nameOfTable(table) });
  switch (operation) {
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return entriesOf(fieldOf(JSON.parse(body), 'RequestItems')).map(([name]) => on(operation, name));
    case 'TransactGetItems':
    case 'TransactWriteItems':
      return entriesOf(fieldOf(JSON.parse(body), 'TransactItems'))
        .flatMap(([, item]) => entriesOf(item))
        .map(([part, item]) => on(actionOfPart[part] ?? part, String(fieldOf(item, 'TableName') ?? '')));
    case 'Query':
    case 'Scan': {
      const index = textIn(body, 'IndexName');
      const { action, resource } = on(operation, textIn(body, 'TableName'));
      return [{ action, resource: index ? `${resource}/index/${index}` : resource }];
    }
    default:
      return [on(operation, textIn(body, 'TableName') || '*')];
  }
}

function nameOfTable(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:.*:table\//, '');
}

/** An ARN ends in six characters that are not part of the name. */
function nameOfSecret(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:.*:secret:(.*)-.{6}$/, '$1');
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

const texts = Object.fromEntries(
  ['TableName', 'IndexName', 'SecretId', 'QueueName', 'QueueUrl'].map((key) => [key, new RegExp(`"${key}":"([^"]*)"`)]),
);

/**
 * A text that stands under that key in the request itself, '' where there is none. It is sought and not parsed, since that is done for each request:
 * within a text the quotation marks would be escaped, and an attribute of that name has an object for its value.
 */
function textIn(body: string, key: string): string {
  return texts[key]?.exec(body)?.[1] ?? '';
}
