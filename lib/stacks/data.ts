import { Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { SecretName } from '#lib/access.ts';
import type { Data } from '#lib/constructs/service-function.ts';
import type { Settings } from '#lib/settings.ts';
import { type TableDesign, type TableName, tables } from '#shared/store/tables.ts';

interface DataStackProps extends StackProps {
  settings: Settings;
}

/**
 * What outlives every redeployment. Nothing here has a physical name: two installations can share an account, and a table whose keys change can
 * be made beside its predecessor. The generated names still begin with the stack's and the table's.
 */
export class DataStack extends Stack implements Data {
  readonly tables: Data['tables'];
  readonly secrets: Data['secrets'];
  readonly files: Bucket;
  private readonly settings: Settings;

  constructor(scope: Construct, id: string, { settings, ...props }: DataStackProps) {
    super(scope, id, { ...props, terminationProtection: settings.lifetime.protected });
    this.settings = settings;

    this.tables = {
      chargers: this.table('chargers', tables.chargers),
      tags: this.table('tags', tables.tags),
      sessions: this.table('sessions', tables.sessions),
      readings: this.table('readings', tables.readings),
      evidence: this.table('evidence', tables.evidence),
      commands: this.table('commands', tables.commands),
    };
    this.secrets = {
      pepper: this.pepper(),
      originKeys: this.originKeys(),
      commandKey: this.commandKey(),
      fileKey: this.fileKey(),
    };
    this.files = this.bucket();
  }

  private table(name: TableName, design: TableDesign): Table {
    const { lifetime } = this.settings;
    const table = new Table(this, name, {
      partitionKey: text(design.partitionKey),
      sortKey: text(design.sortKey),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: lifetime.protected,
      removalPolicy: lifetime.removalPolicy,
      ...(design.stream && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
      ...(design.timeToLive !== undefined && { timeToLiveAttribute: design.timeToLive }),
    });
    for (const [indexName, keys] of Object.entries(design.indexes)) {
      table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: text(keys.partitionKey),
        sortKey: text(keys.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }

  /** Without it no stored key of a charger can be checked any more. It cannot be rotated: every charger would need a new key. */
  private pepper(): Secret {
    const pepper = this.secret('pepper', 'The pepper of the hashed keys of chargers', {
      passwordLength: 64,
      excludePunctuation: true,
    });
    Validations.of(pepper).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Rotated, it would lock out every charger.',
    });
    return pepper;
  }

  /**
   * `{"current": …, "previous": …}`: what CloudFront proves itself with at connect. Functions take both while `previous` is not empty.
   *
   * To rotate: 1. put a new value, `previous` = the old `current`, and note the version id that Secrets Manager answers. 2. Wait until the functions
   * have read it. 3. `cdk deploy -c originKeyVersion=<version id>`: CloudFormation reads a secret again only where the reference changes; running
   * connections stay. 4. Put the same value with `previous` empty.
   */
  private originKeys(): Secret {
    const originKeys = this.secret('originKeys', 'What CloudFront proves itself with to the charger gateway', {
      secretStringTemplate: JSON.stringify({ previous: '' }),
      generateStringKey: 'current',
      passwordLength: 64,
      excludePunctuation: true,
    });
    Validations.of(originKeys).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'A rotation has to deploy the distribution in between: people do it, by the steps above.',
    });
    return originKeys;
  }

  /** Seals the secrets in commands until they are sent, for a few days at most. Changed, what is sealed at the moment cannot be sent. */
  private commandKey(): Secret {
    const commandKey = this.secret('commandKey', 'What secrets in waiting commands are encrypted with', {
      passwordLength: 64,
      excludePunctuation: true,
    });
    Validations.of(commandKey).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Nothing is kept under it for longer than a command waits; a rotation would fail those that do.',
    });
    return commandKey;
  }

  /**
   * Signs the links to files. To change it, which ends all links that are out: put a new value, and `cdk deploy -c fileKeyVersion=<version id>` at once;
   * until then new links do not open the door either.
   */
  private fileKey(): Secret {
    const fileKey = this.secret('fileKey', 'What links to files are signed with', {
      passwordLength: 64,
      excludePunctuation: true,
    });
    Validations.of(fileKey).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The edge function gets it by a deployment: a rotation by itself would end every link.',
    });
    return fileKey;
  }

  /** Firmware, and what chargers upload. Nobody reaches it but the door in the Files stack. */
  private bucket(): Bucket {
    const files = new Bucket(this, 'files', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: this.settings.lifetime.removalPolicy,
      lifecycleRules: [
        { prefix: 'uploads/', expiration: UPLOADS_KEPT },
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    // Which distribution it is cannot be said here: its stack stands on this one. No other of the account knows the bucket.
    const distributions = Stack.of(this).formatArn({
      service: 'cloudfront',
      region: '',
      resource: 'distribution',
      resourceName: '*',
    });
    const door = (actions: string[], ...resources: string[]) =>
      files.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
          actions,
          resources,
          conditions: { StringLike: { 'AWS:SourceArn': distributions } },
        }),
      );
    door(['s3:GetObject', 's3:PutObject'], files.arnForObjects('firmware/*'), files.arnForObjects('uploads/*'));
    door(['s3:ListBucket'], files.bucketArn);
    Validations.of(files).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'What reaches it comes through one door, and a line of a log would hold a path that opens it.',
    });
    return files;
  }

  private secret(name: SecretName, description: string, generateSecretString: SecretStringGenerator): Secret {
    return new Secret(this, name, {
      description,
      generateSecretString,
      removalPolicy: this.settings.lifetime.removalPolicy,
    });
  }
}

/** What chargers uploaded is looked at soon or not at all. */
const UPLOADS_KEPT = Duration.days(90);

const text = (name: string) => ({ name, type: AttributeType.STRING });
