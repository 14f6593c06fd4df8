import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';

const environments = ['dev', 'prod'] as const;
const entrances = ['cloudfront', 'direct', 'both'] as const;

type Environment = (typeof environments)[number];

/** The ways by which chargers come: a path below CloudFront, `?id=` at the gateway itself, or either. */
type Entrance = (typeof entrances)[number];

/** How long things live: prod outlives mistakes, dev leaves nothing behind. */
export interface Lifetime {
  protected: boolean;
  removalPolicy: RemovalPolicy;
  logs: RetentionDays;
}

export interface Settings {
  environment: Environment;
  entrance: Entrance;
  lifetime: Lifetime;
  /** The version of the origin keys that CloudFront shall send, by its id; absent means the newest at the last change. */
  originKeyVersion: string | undefined;
  /** The same for the key that signs links to files. */
  fileKeyVersion: string | undefined;
  /** Who is told of alarms; absent where somebody subscribes to the topic by other means. */
  alarmEmail: string | undefined;
  /** Where the runbook can be read: alarms and the dashboard point to it. */
  runbook: string;
}

const lifetimes: Record<Environment, Lifetime> = {
  dev: { protected: false, removalPolicy: RemovalPolicy.DESTROY, logs: RetentionDays.TWO_WEEKS },
  prod: { protected: true, removalPolicy: RemovalPolicy.RETAIN, logs: RetentionDays.SIX_MONTHS },
};

/** From the context: cdk.json, or `-c name=value`. Throws on a value that is not known. */
export function readSettings(node: Node): Settings {
  const environment = oneOf(environments, 'environment', node.tryGetContext('environment'));
  return {
    environment,
    entrance: oneOf(entrances, 'entrance', node.tryGetContext('entrance') ?? 'cloudfront'),
    lifetime: lifetimes[environment],
    originKeyVersion: versionId('originKeyVersion', node.tryGetContext('originKeyVersion')),
    fileKeyVersion: versionId('fileKeyVersion', node.tryGetContext('fileKeyVersion')),
    alarmEmail: email('alarmEmail', node.tryGetContext('alarmEmail')),
    runbook: address('runbook', node.tryGetContext('runbook')) ?? 'docs/runbook.md',
  };
}

function oneOf<T extends string>(known: readonly T[], name: string, value: unknown): T {
  const found = known.find((each) => each === value);
  if (found === undefined) throw refusal(name, value, `one of ${known.join(', ')}`);
  return found;
}

function versionId(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  // Whatever is written here ends up inside a dynamic reference.
  if (typeof value !== 'string' || !/^[\w-]{32,64}$/.test(value)) throw refusal(name, value, "a secret's version id");
  return value;
}

function email(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value))
    throw refusal(name, value, 'an e-mail address');
  return value;
}

function address(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^https:\/\/[^\s#()]+$/.test(value)) {
    throw refusal(name, value, 'an https address without a fragment');
  }
  return value;
}

function refusal(name: string, value: unknown, wanted: string): Error {
  return new Error(`The setting '${name}' is ${JSON.stringify(value)}; it has to be ${wanted} (-c ${name}=…)`);
}
