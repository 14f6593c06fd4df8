import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CALL_TIMEOUT_S } from '#lib/timeouts.ts';

/** How often a call back that fails is tried again before it is set aside. */
const ATTEMPTS = 5;

/** Delayed messages that call back for commands: to free the charger's place, to let one expire, to look for what one has caused. */
export class CommandTimers extends Construct {
  readonly queue: Queue;
  /** What could not be done in five attempts. */
  readonly missed: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.missed = new Queue(this, 'Missed', { ...secure, retentionPeriod: Duration.days(14) });
    Validations.of(this.missed).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is where calls back that failed are set aside: there is nothing behind it but the alarm.',
    });
    this.queue = new Queue(this, 'Queue', {
      ...secure,
      // Six times what the function may take, as AWS advises.
      visibilityTimeout: Duration.seconds(6 * CALL_TIMEOUT_S),
      deadLetterQueue: { queue: this.missed, maxReceiveCount: ATTEMPTS },
    });
  }
}
