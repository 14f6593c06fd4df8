import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { readProperties } from '#local/assembly/template-resource.ts';
import { type Rights, rightsOf } from '#local/files/bucket-policy.ts';
import { BucketStore, type StoredObject } from '#local/files/bucket-store.ts';
import { byteRange } from '#local/files/byte-range.ts';
import { headerOf, queryValues, type RequestHead } from '#local/gateway/request-head.ts';
import type { Assembly, Resource } from '#local/parts.ts';

/** Answers what CloudFront asks of a bucket. */
export type BucketOrigin = (head: RequestHead, req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * The bucket with a domain name, as a distribution reaches it; undefined when no bucket of the templates has that name. Without a distribution requests
 * come unsigned, and nothing is public.
 */
export type BucketOrigins = (domainName: string, distribution: Resource | undefined) => BucketOrigin | undefined;

/** What changes how a bucket behaves and is not here is refused at start. */
const bucketShape = z.strictObject({
  BucketName: z.string().optional(),
  BucketEncryption: z.unknown().optional(),
  PublicAccessBlockConfiguration: z.unknown().optional(),
  OwnershipControls: z.object({ Rules: z.tuple([z.object({ ObjectOwnership: z.literal('BucketOwnerEnforced') })]) }),
  LifecycleConfiguration: z
    .object({
      Rules: z.array(
        z.strictObject({
          Status: z.literal('Enabled'),
          Prefix: z.string().default(''),
          ExpirationInDays: z.int().optional(),
          AbortIncompleteMultipartUpload: z.unknown().optional(),
        }),
      ),
    })
    .default({ Rules: [] }),
  Tags: z.unknown().optional(),
});

const DAY_MS = 24 * 3600_000;

/** Longest body of one PUT. */
const LONGEST_PUT = 5 * 1024 ** 3;
const MOST_LISTED = 1000;

/** The buckets of the templates, each in a directory of its own below this one. */
export function bucketOrigins(assembly: Assembly, directory: string): BucketOrigins {
  const buckets = assembly.ofType('AWS::S3::Bucket').map((resource) => {
    const { Rules } = readProperties(resource, bucketShape).LifecycleConfiguration;
    const expiries = Rules.flatMap(({ Prefix, ExpirationInDays: days }) =>
      days === undefined ? [] : [{ prefix: Prefix, afterMs: days * DAY_MS }],
    );
    return { resource, store: new BucketStore(join(directory, resource.physicalId), expiries) };
  });
  return (domainName, distribution) => {
    const bucket = buckets.find(({ resource }) => domainName.startsWith(`${resource.physicalId}.s3.`));
    if (!bucket) return undefined;
    const { resource, store } = bucket;
    const rights: Rights = distribution
      ? rightsOf(assembly, resource, `arn:aws:cloudfront::000000000000:distribution/${distribution.physicalId}`)
      : () => false;
    const may = (action: string, key = '') => rights(action, `arn:aws:s3:::${resource.physicalId}${key && `/${key}`}`);
    return (head, req, res) => answer({ store, may, name: resource.physicalId }, head, req, res);
  };
}

interface Bucket {
  name: string;
  store: BucketStore;
  may(action: string, key?: string): boolean;
}

async function answer(bucket: Bucket, head: RequestHead, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const key = decoded(head.path.slice(1));
  if (key === undefined) return fail(res, 400, 'InvalidURI');
  if (head.method === 'GET' && key === '') return list(bucket, head, res);
  if (head.method === 'GET' || head.method === 'HEAD') return get(bucket, key, head, res);
  if (head.method === 'PUT' && key !== '') return put(bucket, key, head, req, res);
  return fail(res, 405, 'MethodNotAllowed');
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

async function get({ store, may }: Bucket, key: string, head: RequestHead, res: ServerResponse): Promise<void> {
  if (!may('s3:GetObject', key)) return fail(res, 403, 'AccessDenied');
  const object = store.find(key);
  // Who may not list is not told that there is nothing.
  if (!object) return may('s3:ListBucket') ? fail(res, 404, 'NoSuchKey') : fail(res, 403, 'AccessDenied');

  const condition = unmet(object, head);
  if (condition === 412) return fail(res, 412, 'PreconditionFailed');
  const described = {
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
  };
  if (condition === 304) return void res.writeHead(304, described).end();

  const range = byteRange(isStill(object, head) ? headerOf(head.headers, 'range') : undefined, object.size);
  if (range === 'none') {
    return fail(res, 416, 'InvalidRange', { 'content-range': `bytes */${object.size}` });
  }
  const { first, last } = range === 'all' ? { first: 0, last: object.size - 1 } : range;
  res.writeHead(range === 'all' ? 200 : 206, {
    ...described,
    'content-type': object.type,
    'content-length': last - first + 1,
    ...(range !== 'all' && { 'content-range': `bytes ${first}-${last}/${object.size}` }),
  });
  if (head.method === 'HEAD' || object.size === 0) return void res.end();
  await pipeline(createReadStream(store.pathOf(object), { start: first, end: last }), res);
}

/** The status where a condition of the request does not hold (RFC 9110, 13.2.2). */
function unmet({ etag, modifiedMs }: StoredObject, { headers }: RequestHead): 304 | 412 | undefined {
  const names = (header: string | undefined) => header?.split(',').map((each) => each.trim().replace(/^W\//, ''));
  const isNamed = (header: string[]) => header.includes('*') || header.includes(`"${etag}"`);
  const match = names(headerOf(headers, 'if-match'));
  const unmodifiedSince = timeOf(headerOf(headers, 'if-unmodified-since'));
  if (match ? !isNamed(match) : unmodifiedSince !== undefined && modifiedMs > unmodifiedSince) return 412;
  const noneMatch = names(headerOf(headers, 'if-none-match'));
  const modifiedSince = timeOf(headerOf(headers, 'if-modified-since'));
  if (noneMatch ? isNamed(noneMatch) : modifiedSince !== undefined && modifiedMs <= modifiedSince) return 304;
  return undefined;
}

/** Whether a range may be answered from this object: without If-Range always. */
function isStill({ etag, modifiedMs }: StoredObject, { headers }: RequestHead): boolean {
  const header = headerOf(headers, 'if-range');
  return header === undefined || header === `"${etag}"` || timeOf(header) === modifiedMs;
}

function timeOf(header: string | undefined): number | undefined {
  const ms = Date.parse(header ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

async function put(
  { store, may }: Bucket,
  key: string,
  head: RequestHead,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (!may('s3:PutObject', key)) return fail(res, 403, 'AccessDenied');
  if (headerOf(head.headers, 'transfer-encoding') !== undefined) return fail(res, 501, 'NotImplemented');
  const length = headerOf(head.headers, 'content-length');
  if (length === undefined) return fail(res, 411, 'MissingContentLength');
  if (Number(length) > LONGEST_PUT) return fail(res, 400, 'EntityTooLarge');
  const type = headerOf(head.headers, 'content-type') ?? 'binary/octet-stream';
  const { etag } = await store.put(key, req, type);
  res.writeHead(200, { etag: `"${etag}"`, 'content-length': 0 }).end();
}

/** ListObjectsV2, page by page with start-after. */
async function list({ name, store, may }: Bucket, head: RequestHead, res: ServerResponse): Promise<void> {
  const query = queryValues(head.query);
  if (query.get('list-type')?.[0] !== '2') return fail(res, 405, 'MethodNotAllowed');
  if (!may('s3:ListBucket')) return fail(res, 403, 'AccessDenied');
  const prefix = query.get('prefix')?.[0] ?? '';
  const most = Math.min(MOST_LISTED, Number(query.get('max-keys')?.[0] ?? MOST_LISTED));
  if (!Number.isInteger(most) || most < 0) return fail(res, 400, 'InvalidArgument');
  const all = store.list(prefix, query.get('start-after')?.[0] ?? '');
  const contents = all
    .slice(0, most)
    .map(
      ({ key, modifiedMs, etag, size }) =>
        `<Contents><Key>${escaped(key)}</Key><LastModified>${new Date(modifiedMs).toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
  res.writeHead(200, { 'content-type': 'application/xml' });
  res.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${name}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${contents.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${all.length > most}</IsTruncated>${contents.join('')}</ListBucketResult>`,
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fail(res: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/xml', ...headers });
  res.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
