import { Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
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
    this.secrets = { pepper: this.pepper(), originKeys: this.originKeys(), commandKey: this.commandKey() };
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

  private secret(name: SecretName, description: string, generateSecretString: SecretStringGenerator): Secret {
    return new Secret(this, name, {
      description,
      generateSecretString,
      removalPolicy: this.settings.lifetime.removalPolicy,
    });
  }
}

const text = (name: string) => ({ name, type: AttributeType.STRING });
