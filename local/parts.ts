/** The seams between the parts of the local cloud. Types only: each part can be built and tested without the others. */

/** A resource of a synthesised template with its intrinsics resolved. */
export interface Resource {
  stack: string;
  logicalId: string;
  type: string;
  /** `Properties`, with every Ref, Fn::GetAtt, Fn::Join, Fn::Sub, Fn::ImportValue … replaced by its local value. */
  properties: Record<string, unknown>;
  /** What `Ref` gives for it: a table's name, a function's name, an API's id … */
  physicalId: string;
}

/** The cloud assembly as the local cloud reads it. */
export interface Assembly {
  resources: readonly Resource[];
  ofType(type: string): Resource[];
  /** The directory of a function's bundle, from the asset manifest. Throws when the asset is missing. */
  bundleDirectory(functionResource: Resource): string;
}

export type Invocation =
  | { ok: true; payload: unknown }
  | { ok: false; error: { errorType: string; errorMessage: string } };

/** The Lambda service: runs the deployed bundles. */
export interface Functions {
  /** `target` is a function's ARN, its name, or an API Gateway integration URI that contains its ARN. */
  invoke(target: string, event: unknown): Promise<Invocation>;
  /** Which function used which action on which resource so far. */
  usage(): readonly Usage[];
  stop(): Promise<void>;
}

export interface Usage {
  /** The function's logical id in its template. */
  functionId: string;
  /** As IAM spells it: `dynamodb:PutItem`, `secretsmanager:GetSecretValue`, `sqs:SendMessage`, `execute-api:ManageConnections`. */
  action: string;
  /** A table's name, `<table>/index/<index>`, a secret's or queue's name, or `<apiId>/<stage>/<method>`. */
  resource: string;
  count: number;
}
