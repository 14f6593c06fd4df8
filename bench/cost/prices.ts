/**
 * List prices of us-east-1 in pico-dollars (10⁻¹² USD), without free tiers and discounts, as of 2026-11. Each names the AWS page that has it.
 * Where each was seen: API Gateway, Lambda and DynamoDB's units in the facts that the design stands on; DynamoDB's storage, CloudFront's bytes to viewers
 * and functions, and CloudWatch's logs, metrics and alarms on copies of AWS's pages; CloudFront's requests and bytes to the origin as AWS's bills for
 * Europe spell them; a secret in a transcript of AWS's page of 2026-09; SQS, S3, HTTP APIs, point-in-time recovery, kept logs and a key on price lists
 * of others, which agree. Before a budget is built on the page, `aws pricing get-products` has the last word.
 */
export const prices = {
  /** 'Amazon API Gateway pricing', WebSocket APIs: $1.00 per million messages of up to 32 kB, $0.25 per million minutes; HTTP APIs, $1.00 per million calls. */
  gatewayMessage: 1_000_000n,
  gatewayMinute: 250_000n,
  /** 'AWS Lambda pricing', Arm: $0.20 per million requests, $0.0000133334 per GB-second. */
  lambdaRequest: 200_000n,
  lambdaGbSecond: 13_333_400n,
  /** 'Amazon DynamoDB pricing', on demand: $0.625 and $0.125 per million units; $0.25 per GB-month, and $0.20 for point-in-time recovery. */
  writeUnit: 625_000n,
  readUnit: 125_000n,
  storedGbMonth: 450_000_000_000n,
  /** 'Amazon CloudFront pricing', Europe: $0.012 per 10,000 HTTPS requests, $0.085 per GB to viewers, $0.020 per GB to the origin; $0.10 per million function calls. */
  edgeRequest: 1_300_000n,
  edgeGbOut: 85_000_000_000n,
  edgeGbIn: 20_000_000_000n,
  /** 'Amazon SQS pricing' (aws.amazon.com/sqs/pricing), standard queues: $0.40 per million requests of up to 64 kB, whether they find a message or not. */
  queueRequest: 400_000n,
  /**
   * 'Amazon S3 pricing' (aws.amazon.com/s3/pricing), S3 Standard: $0.005 per 1,000 PUT and LIST, $0.0004 per 1,000 GET, $0.023 per GB-month. What goes
   * from a bucket to CloudFront is free ('Amazon CloudFront pricing'), and so is what comes into one.
   */
  filePut: 5_000_000n,
  fileGet: 400_000n,
  fileGbMonth: 23_000_000_000n,
  /** 'Amazon CloudWatch pricing': $0.50 per GB of logs taken in, $0.03 per GB-month kept, $0.30 per custom metric and month. */
  logGb: 500_000_000_000n,
  logGbMonth: 30_000_000_000n,
  customMetric: 300_000_000_000n,
  /** The same page: $0.10 for an alarm over one metric of standard resolution. Three dashboards are free. */
  alarm: 100_000_000_000n,
  /** 'AWS Secrets Manager pricing': $0.40 per secret and month. */
  secret: 400_000_000_000n,
  /** 'AWS Key Management Service pricing': $1.00 per key and month. */
  key: 1_000_000_000_000n,
} as const;

/** Of what the model charges by the GB; AWS means 2³⁰ bytes. */
export const bytesPerGb = 1n << 30n;
export const bytesPerMib = 1n << 20n;
