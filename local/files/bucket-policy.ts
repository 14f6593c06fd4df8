import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import { wildcard } from '#local/gateway/wildcard.ts';
import type { Assembly, Resource } from '#local/parts.ts';

const oneOrMore = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
const condition = z.record(z.string(), z.record(z.string(), oneOrMore));
const policyShape = z.object({
  Bucket: z.string(),
  PolicyDocument: z.object({
    Statement: z.array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.enum(['Allow', 'Deny']),
        Principal: z.unknown(),
        Action: oneOrMore,
        Resource: oneOrMore,
        Condition: condition.default({}),
      }),
    ),
  }),
});

/** Whether CloudFront, in the name of a distribution, may do this with a resource of the bucket, by its ARN. */
export type Rights = (action: string, resourceArn: string) => boolean;

/** What a bucket's policy grants a distribution. Throws on a condition that is not known here. */
export function rightsOf(assembly: Assembly, bucket: Resource, distributionArn: string): Rights {
  const statements = assembly
    .ofType('AWS::S3::BucketPolicy')
    .map((policy) => ({ policy, properties: readProperties(policy, policyShape) }))
    .filter(({ properties }) => properties.Bucket === bucket.physicalId)
    .flatMap(({ policy, properties }) =>
      properties.PolicyDocument.Statement.filter(({ Principal }) => isCloudFront(Principal))
        .filter(({ Condition }) => holds(policy, Condition, distributionArn))
        .map(({ Effect, Action, Resource }) => ({
          Effect,
          actions: Action.map(wildcard),
          resources: Resource.map(wildcard),
        })),
    );
  return (action, resourceArn) => {
    const about = statements.filter(
      ({ actions, resources }) =>
        actions.some((each) => each.test(action)) && resources.some((each) => each.test(resourceArn)),
    );
    return about.some(({ Effect }) => Effect === 'Allow') && !about.some(({ Effect }) => Effect === 'Deny');
  };
}

function isCloudFront(principal: unknown): boolean {
  const named = z.object({ Service: oneOrMore }).safeParse(principal);
  if (named.success) return named.data.Service.includes('cloudfront.amazonaws.com');
  return principal === '*' || z.object({ AWS: z.literal('*') }).safeParse(principal).success;
}

function holds(policy: Resource, conditions: z.output<typeof condition>, distributionArn: string): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const name = `${operator} ${key.toLowerCase()}`;
      if (/^(StringLike|ArnLike) aws:sourcearn$/.test(name))
        return values.some((each) => wildcard(each).test(distributionArn));
      if (/^(StringEquals|ArnEquals) aws:sourcearn$/.test(name)) return values.includes(distributionArn);
      // CloudFront comes by TLS.
      if (name === 'Bool aws:securetransport') return values.includes('true');
      return refuse(policy, `the condition ${operator} ${key} is not emulated`);
    }),
  );
}
