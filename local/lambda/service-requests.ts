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
  const input: unknown = JSON.parse(body || '{}');
  if (service === 'secretsmanager') {
    return [{ action: `secretsmanager:${operation}`, resource: nameOfSecret(textOf(input, 'SecretId')) }];
  }
  if (service === 'AmazonSQS') {
    const queue = textOf(input, 'QueueName') || textOf(input, 'QueueUrl').replace(/^.*\//, '');
    return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: queue }];
  }
  return service.startsWith('DynamoDB_') ? usesOfDatabase(operation, input) : [];
}

const actionOfPart: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

function usesOfDatabase(operation: string, input: unknown): Use[] {
  const on = (action: string, table: string) => ({ action: `dynamodb:${action}`, resource: nameOfTable(table) });
  const table = textOf(input, 'TableName');
  switch (operation) {
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return entriesOf(fieldOf(input, 'RequestItems')).map(([name]) => on(operation, name));
    case 'TransactGetItems':
    case 'TransactWriteItems':
      return entriesOf(fieldOf(input, 'TransactItems'))
        .flatMap(([, item]) => entriesOf(item))
        .map(([part, item]) => on(actionOfPart[part] ?? part, textOf(item, 'TableName')));
    case 'Query':
    case 'Scan': {
      const index = textOf(input, 'IndexName');
      const { action, resource } = on(operation, table);
      return [{ action, resource: index ? `${resource}/index/${index}` : resource }];
    }
    default:
      return [on(operation, table || '*')];
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

function textOf(value: unknown, key: string): string {
  const text = fieldOf(value, key);
  return typeof text === 'string' ? text : '';
}
