import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { FileDoor } from '#lib/constructs/file-door.ts';
import type { Ground } from '#lib/constructs/service-function.ts';

/** Everything between a link and the bucket of files. */
export class FilesStack extends Stack {
  /** What every link begins with; without a final slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, { settings, bundles, data, ...props }: StackProps & Ground) {
    super(scope, id, props);
    this.url = new FileDoor(this, 'Door', { settings, bundles, data }).url;
    new CfnOutput(this, 'FilesUrl', { value: this.url, description: 'What links to files begin with' });
  }
}
