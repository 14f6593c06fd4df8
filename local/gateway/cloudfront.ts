import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { BucketOrigin, BucketOrigins } from '#local/files/bucket-origins.ts';
import { type ViewerRequest, viewerRequest } from '#local/gateway/cloudfront-function.ts';
import { corsHeaders, corsShape } from '#local/gateway/http-cors.ts';
import { type Header, headerOf, type RequestHead, withHeaders } from '#local/gateway/request-head.ts';
import { wildcard } from '#local/gateway/wildcard.ts';
import type { Assembly, Resource } from '#local/parts.ts';

/** Where a request goes from CloudFront: to an API or a bucket of the templates, or back with an answer. */
type Passage =
  | ({ kind: 'api'; apiId: string } & Onward)
  | ({ kind: 'bucket'; answer: BucketOrigin } & Onward)
  | { kind: 'answer'; status: number; headers: Header[]; body: Buffer };

interface Onward {
  head: RequestHead;
  /** To the answer, where it has no such headers itself. */
  added: Header[];
}

export type Behaviour = (head: RequestHead) => Promise<Passage>;

export interface CloudFront {
  /** The behaviour whose path pattern a path matches. */
  behaviourFor(path: string): Behaviour | undefined;
  /** For paths that no pattern matches. Here distributions share one host name with the APIs, so it gets what nobody else takes. */
  defaultBehaviour: Behaviour | undefined;
}

const managedPolicies = {
  cachingDisabled: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  allViewerExceptHostHeader: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
  corsWithPreflight: '5cc3b908-e619-4b99-88e5-2cf7f45965bd',
};

/** What the policy CORS-With-Preflight says. */
const cors = corsShape.parse({
  AllowOrigins: ['*'],
  AllowMethods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
  ExposeHeaders: ['*'],
});

const behaviourShape = z.object({
  TargetOriginId: z.string(),
  CachePolicyId: z.string().optional(),
  OriginRequestPolicyId: z.string().optional(),
  ResponseHeadersPolicyId: z
    .literal(managedPolicies.corsWithPreflight, 'only the response headers policy CORS-With-Preflight is emulated')
    .optional(),
  FunctionAssociations: z
    .array(z.object({ EventType: z.string(), FunctionARN: z.string() }))
    .max(1)
    .default([]),
  LambdaFunctionAssociations: z.array(z.unknown()).max(0, 'Lambda@Edge is not emulated').default([]),
});
const originShape = z.object({
  Id: z.string(),
  DomainName: z.string(),
  OriginPath: z.string().default(''),
  S3OriginConfig: z.object({ OriginAccessIdentity: z.literal('').optional() }).optional(),
  OriginAccessControlId: z.string().default(''),
  OriginCustomHeaders: z.array(z.object({ HeaderName: z.string(), HeaderValue: z.string() })).default([]),
});
const distributionShape = z.object({
  DistributionConfig: z.object({
    Enabled: z.boolean().default(true),
    Origins: z.array(originShape),
    DefaultCacheBehavior: behaviourShape,
    CacheBehaviors: z.array(behaviourShape.extend({ PathPattern: z.string() })).default([]),
  }),
});
const functionShape = z.object({
  Name: z.string(),
  FunctionCode: z.string(),
  FunctionConfig: z.object({ Runtime: z.literal('cloudfront-js-2.0') }),
});

const accessControlShape = z.object({
  OriginAccessControlConfig: z.object({
    OriginAccessControlOriginType: z.literal('s3', 'only origin access control of buckets is emulated'),
    SigningBehavior: z.enum(['always', 'never']),
    SigningProtocol: z.literal('sigv4'),
  }),
});

type BehaviourConfig = z.output<typeof behaviourShape>;
type OriginConfig = z.output<typeof originShape>;

/** The distributions of the templates, in their order. What is not emulated is refused at start. */
export function cloudFront(
  assembly: Assembly,
  apiIds: readonly string[],
  buckets: BucketOrigins,
  log: (line: string) => void,
): CloudFront {
  const configs = assembly.ofType('AWS::CloudFront::Distribution').map((distribution) => ({
    distribution,
    config: readProperties(distribution, distributionShape).DistributionConfig,
  }));
  const enabled = configs.filter(({ config }) => config.Enabled);
  const build = (distribution: Resource, config: BehaviourConfig, origins: readonly OriginConfig[]) =>
    behaviour(assembly, distribution, config, origins, apiIds, buckets, log);

  const patterns = enabled.flatMap(({ distribution, config }) =>
    config.CacheBehaviors.map((each) => ({
      pattern: wildcard(each.PathPattern.replace(/^(?![/*])/, '/')),
      behaviour: build(distribution, each, config.Origins),
    })),
  );
  const defaults = enabled.map(({ distribution, config }) =>
    build(distribution, config.DefaultCacheBehavior, config.Origins),
  );
  return {
    behaviourFor: (path) => patterns.find(({ pattern }) => pattern.test(path))?.behaviour,
    defaultBehaviour: defaults[0],
  };
}

function behaviour(
  assembly: Assembly,
  distribution: Resource,
  config: BehaviourConfig,
  origins: readonly OriginConfig[],
  apiIds: readonly string[],
  buckets: BucketOrigins,
  log: (line: string) => void,
): Behaviour {
  const ways = new Map(
    origins.map((origin) => [origin.Id, wayTo(assembly, distribution, origin, apiIds, buckets)] as const),
  );
  const ownWay = ways.get(config.TargetOriginId);
  if (!ownWay) refuse(distribution, `no origin is '${config.TargetOriginId}'`);
  if (config.CachePolicyId !== managedPolicies.cachingDisabled) {
    refuse(distribution, 'only the cache policy CachingDisabled is emulated');
  }
  if (config.OriginRequestPolicyId !== managedPolicies.allViewerExceptHostHeader) {
    refuse(distribution, 'only the origin request policy AllViewerExceptHostHeader is emulated');
  }

  const run = associated(assembly, distribution, config);
  return async (head) => {
    const outcome = await run(head).catch((cause: unknown) => {
      log(`${distribution.logicalId}: the viewer-request function failed: ${cause}`);
      return undefined;
    });
    // CloudFront answers 503 when a function throws or returns what is neither a request nor a response.
    if (!outcome)
      return { kind: 'answer', status: 503, headers: [['x-cache', 'FunctionExecutionError']], body: Buffer.alloc(0) };
    if (outcome.kind === 'response') return { ...outcome, kind: 'answer' };
    const way = outcome.originId === undefined ? ownWay : ways.get(outcome.originId);
    if (!way) {
      log(`${distribution.logicalId}: the viewer-request function selected '${outcome.originId}', which is no origin`);
      return { kind: 'answer', status: 502, headers: [], body: Buffer.alloc(0) };
    }
    return way(outcome.head, config.ResponseHeadersPolicyId === undefined ? [] : corsHeaders(cors, head));
  };
}

/** The way to one origin. */
function wayTo(
  assembly: Assembly,
  distribution: Resource,
  origin: OriginConfig,
  apiIds: readonly string[],
  buckets: BucketOrigins,
): (head: RequestHead, added: Header[]) => Passage {
  const apiId = apiIds.find((id) => origin.DomainName.startsWith(`${id}.execute-api.`));
  if (apiId) return (head, added) => ({ kind: 'api', apiId, head: towards(origin, head), added });
  if (!origin.S3OriginConfig) refuse(distribution, `its origin '${origin.DomainName}' is no API of the templates`);
  const signed = origin.OriginAccessControlId !== '' && signs(assembly, distribution, origin.OriginAccessControlId);
  const answer = buckets(origin.DomainName, signed ? distribution : undefined);
  if (!answer) refuse(distribution, `its origin '${origin.DomainName}' is no bucket of the templates`);
  return (head, added) => ({ kind: 'bucket', answer, head: towards(origin, head), added });
}

/** Whether CloudFront signs what it sends to the bucket. */
function signs(assembly: Assembly, distribution: Resource, id: string): boolean {
  const control = assembly.ofType('AWS::CloudFront::OriginAccessControl').find(({ physicalId }) => physicalId === id);
  if (!control) refuse(distribution, `no origin access control is '${id}'`);
  const { SigningBehavior } = readProperties(control, accessControlShape).OriginAccessControlConfig;
  return SigningBehavior === 'always';
}

function associated(assembly: Assembly, distribution: Resource, config: BehaviourConfig): ViewerRequest {
  const [association] = config.FunctionAssociations;
  if (!association) return async (head) => ({ kind: 'request', head, originId: undefined });
  if (association.EventType !== 'viewer-request') refuse(distribution, 'only viewer-request functions are emulated');

  const resource = assembly
    .ofType('AWS::CloudFront::Function')
    .find(
      ({ physicalId, properties }) =>
        association.FunctionARN === physicalId ||
        association.FunctionARN.endsWith(`:function/${physicalId}`) ||
        association.FunctionARN.endsWith(`:function/${properties.Name}`),
    );
  if (!resource) refuse(distribution, `no CloudFront function is '${association.FunctionARN}'`);
  const { Name, FunctionCode } = readProperties(resource, functionShape);
  try {
    return viewerRequest(FunctionCode, Name);
  } catch (cause) {
    return refuse(resource, `its code does not run: ${cause}`);
  }
}

function towards(origin: OriginConfig, head: RequestHead): RequestHead {
  const forwardedFor = headerOf(head.headers, 'x-forwarded-for');
  return {
    ...head,
    path: origin.OriginPath + head.path,
    headers: withHeaders(head.headers, [
      ['Host', origin.DomainName],
      ['Via', '1.1 local.cloudfront.net (CloudFront)'],
      ['X-Forwarded-For', forwardedFor ? `${forwardedFor}, ${head.sourceIp}` : head.sourceIp],
      ...origin.OriginCustomHeaders.map(({ HeaderName, HeaderValue }): Header => [HeaderName, HeaderValue]),
    ]),
  };
}
