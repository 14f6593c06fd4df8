import { randomBytes } from 'node:crypto';
import { UserError } from '#local/start/user-error.ts';

export interface FunctionSettings {
  /** Its logical id in the template. */
  id: string;
  name: string;
  arn: string;
  region: string;
  handler: string;
  memoryMb: number;
  timeoutMs: number;
  /** Where the bundle is. */
  directory: string;
  variables: Readonly<Record<string, string>>;
}

/** Where the services that functions call are on this machine, each without a final slash. */
export interface Endpoints {
  dynamodb: string;
  secretsManager: string;
  sqs: string;
  /** The connection management API; an API's id and stage follow as two segments. */
  management: string;
  /** Where every distribution is. */
  cloudFront: string;
}

/** What one instance of a function finds in process.env: what Lambda sets, the template's variables, and local endpoints. */
export function environmentOf(settings: FunctionSettings, endpoints: Endpoints): Record<string, string> {
  const { name, region, handler, memoryMb, directory, variables } = settings;
  const environment: Record<string, string> = {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin',
    LAMBDA_TASK_ROOT: directory,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: handler,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`,
    ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, localAddress(value, endpoints)])),
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
  };
  const management = environment[managementVariable];
  if (management !== undefined) environment[managementVariable] = localManagement(management, endpoints);
  return environment;
}

/** The functions with these values for the variables that they have. Throws a UserError on a variable that none of them has. */
export function withVariables<S extends FunctionSettings>(
  functions: readonly S[],
  values: Readonly<Record<string, string>>,
): S[] {
  const unknown = Object.keys(values).filter((name) => !functions.some(({ variables }) => name in variables));
  if (unknown.length > 0) {
    throw new UserError(`--set ${unknown.join(', ')}: no function of the templates has such a variable.`);
  }
  return functions.map((each) => {
    const own = Object.entries(values).filter(([name]) => name in each.variables);
    return { ...each, variables: { ...each.variables, ...Object.fromEntries(own) } };
  });
}

const managementVariable = 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI';

function localManagement(url: string, { management }: Endpoints): string {
  const [, apiId, stage] = /^https:\/\/([^./]+)\.execute-api\.[^/]+\/([^/]+)\/?$/.exec(url) ?? [];
  return apiId && stage ? `${management}/${apiId}/${stage}` : url;
}

/** What is addressed by a URL that a template gives: the SDK goes where a queue's URL points to, whatever its endpoint is. */
function localAddress(value: string, { sqs, cloudFront }: Endpoints): string {
  return value
    .replace(/^https:\/\/sqs\.[\w-]+\.amazonaws\.com(?=\/\d{12}\/[\w-]+$)/, sqs)
    .replace(/^https:\/\/d[0-9a-f]{13}\.cloudfront\.net(?=\/|$)/, cloudFront);
}
