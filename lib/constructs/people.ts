import { Duration, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  ClientAttributes,
  StringAttribute,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { Lifetime } from '#lib/settings.ts';
import type { Role } from '#shared/http/route.ts';

/** Each is a group; of several roles of a person the one with the lowest number comes first. */
const precedence: Record<Role, number> = { owner: 0, manager: 1, finance: 2, viewer: 3, operator: 4, driver: 5 };

/**
 * `custom:organisationId` says how far a person's rights reach: an organisation's id, or `*` for the whole installation. Only an administrator
 * can set it (`admin-update-user-attributes`); who has none is refused everything. It is in the ID token, and not in the access token.
 */
const organisation = 'organisationId';

/** Who may sign in, with which roles, for which organisation. */
export class People extends Construct {
  readonly pool: UserPool;
  /** The web apps: public, so without a secret. */
  readonly app: UserPoolClient;

  constructor(scope: Construct, id: string, lifetime: Lifetime) {
    super(scope, id);

    this.pool = new UserPool(this, 'Pool', {
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      // A changed address counts only once it is confirmed.
      keepOriginal: { email: true },
      selfSignUpEnabled: false,
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: false,
        tempPasswordValidity: Duration.days(3),
      },
      customAttributes: { [organisation]: new StringAttribute({ maxLen: 48, mutable: true }) },
      deletionProtection: lifetime.protected,
      removalPolicy: lifetime.removalPolicy,
    });
    Validations.of(this.pool).acknowledge(
      {
        id: 'AwsSolutions-COG1',
        reason: 'Twelve characters instead of eight; symbols would make them harder to type, not to guess.',
      },
      {
        id: 'AwsSolutions-COG2',
        reason: 'A second factor for the roles that reach far comes with the sign-in pages that can ask for it.',
      },
      { id: 'AwsSolutions-COG8', reason: 'The Plus plan costs by the user, and nobody can sign up on their own.' },
    );
    for (const [role, place] of Object.entries(precedence)) {
      new CfnUserPoolGroup(this, role, { userPoolId: this.pool.userPoolId, groupName: role, precedence: place });
    }
    this.app = this.pool.addClient('App', {
      generateSecret: false,
      authFlows: { userSrp: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      idTokenValidity: Duration.hours(1),
      accessTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(30),
      readAttributes: new ClientAttributes()
        .withStandardAttributes({ email: true, emailVerified: true, fullname: true })
        .withCustomAttributes(organisation),
      // Named in full, because the default is everything: nobody moves to another organisation on their own.
      writeAttributes: new ClientAttributes().withStandardAttributes({ email: true, fullname: true }),
    });
  }
}
