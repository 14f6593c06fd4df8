import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readAssembly } from '#local/assembly/assembly.ts';
import { root } from './local-cloud.ts';

/** The bytes of each function's bundle in the assembly that `npm start` ran last, by logical id. */
export function bundleSizes(): Map<string, number> {
  const assembly = readAssembly(join(root, 'cdk.out'), {
    region: 'us-east-1',
    account: '000000000000',
    secretString: () => '{"current":"","previous":""}',
  });
  return new Map(
    assembly
      .ofType('AWS::Lambda::Function')
      .map((each) => [each.logicalId, statSync(join(assembly.bundleDirectory(each), 'index.mjs')).size]),
  );
}
