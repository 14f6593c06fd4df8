import * as z from 'zod';
import type { Assembly, Resource } from '#local/parts.ts';

/** A resource's properties as a part of the local cloud needs them; a start-up error that names the resource otherwise. */
export function readProperties<S extends z.ZodType>(resource: Resource, schema: S): z.output<S> {
  const result = schema.safeParse(resource.properties);
  if (!result.success) refuse(resource, z.prettifyError(result.error));
  return result.data;
}

export function refuse(resource: Resource, why: string): never {
  throw new Error(`${resource.stack}/${resource.logicalId} (${resource.type}) cannot run here: ${why}`);
}

/** The resources of a type that belong to an API. */
export function ofApi(assembly: Assembly, type: string, api: Resource): Resource[] {
  return assembly.ofType(type).filter(({ properties }) => properties.ApiId === api.physicalId);
}

/** Region and account of the function whose ARN an integration or authorizer URI contains. */
export function functionHome(uri: string | undefined): { region: string; account: string } {
  const [, region = 'us-east-1', account = '000000000000'] =
    /arn:[\w-]+:lambda:([\w-]+):(\w+):function:/.exec(uri ?? '') ?? [];
  return { region, account };
}

const integrationShape = z.object({
  IntegrationType: z.string(),
  IntegrationUri: z.string().optional(),
  PayloadFormatVersion: z.string().optional(),
  TimeoutInMillis: z.coerce.number().optional(),
});

export interface Integration {
  uri: string;
  payloadFormat: string;
  timeoutMs: number;
}

/** The Lambda integration that a route's `Target` names. */
export function integrationOf(
  assembly: Assembly,
  api: Resource,
  route: Resource,
  target: string,
  maxTimeoutMs: number,
): Integration {
  const integration = ofApi(assembly, 'AWS::ApiGatewayV2::Integration', api).find(
    ({ physicalId }) => target === `integrations/${physicalId}`,
  );
  if (!integration) refuse(route, `no integration is '${target}'`);

  const { IntegrationType, IntegrationUri, PayloadFormatVersion, TimeoutInMillis } = readProperties(
    integration,
    integrationShape,
  );
  if (IntegrationType !== 'AWS_PROXY' || !IntegrationUri?.includes(':function:')) {
    refuse(integration, `only AWS_PROXY integrations with a function are emulated, not ${IntegrationType}`);
  }
  return {
    uri: IntegrationUri,
    payloadFormat: PayloadFormatVersion ?? '1.0',
    timeoutMs: Math.min(TimeoutInMillis ?? maxTimeoutMs, maxTimeoutMs),
  };
}
