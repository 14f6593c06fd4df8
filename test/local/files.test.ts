import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { byteRange } from '#local/files/byte-range.ts';
import { fileDoor, grants, signed } from '#test/support/file-door.ts';
import { fakeFunctions } from '#test/support/gateway.ts';

const soon = () => Date.now() + 60_000;
const content = Buffer.from('0123456789');

async function doorWithFile() {
  const door = await fileDoor();
  const put = await fetch(await door.links.link('put', 'firmware/1/fw.bin', soon()), { method: 'PUT', body: content });
  expect(put.status).toBe(200);
  return { ...door, file: await door.links.link('download', 'firmware/1/fw.bin', soon()) };
}

describe('a file that was put', () => {
  test('is got whole, with what caches and resumed downloads need', async () => {
    const { file } = await doorWithFile();

    const response = await fetch(file);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('10');
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/);
    expect(Date.parse(response.headers.get('last-modified') ?? '')).toBeGreaterThan(Date.now() - 10_000);
    expect(await response.text()).toBe('0123456789');
  });

  test('is told of without its bytes', async () => {
    const { file } = await doorWithFile();

    const response = await fetch(file, { method: 'HEAD' });

    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '10', '']);
  });

  test.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=0-1', 200, '0123456789', null],
    ['bytes=3-1', 200, '0123456789', null],
  ])('is got in part by %s', async (range, status, text, contentRange) => {
    const { file } = await doorWithFile();

    const response = await fetch(file, { headers: { range } });

    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  test.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('has no such bytes as %s', async (range) => {
    const { file } = await doorWithFile();

    const response = await fetch(file, { headers: { range } });

    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  });

  test('is resumed only where it is still the same', async () => {
    const { file } = await doorWithFile();
    const { headers } = await fetch(file, { method: 'HEAD' });
    const resumed = async (ifRange: string) =>
      (await fetch(file, { headers: { range: 'bytes=5-', 'if-range': ifRange } })).status;

    expect(await resumed(headers.get('etag') ?? '')).toBe(206);
    expect(await resumed(headers.get('last-modified') ?? '')).toBe(206);
    expect(await resumed('"another"')).toBe(200);
    expect(await resumed('Mon, 01 Jan 2024 00:00:00 GMT')).toBe(200);
  });

  test('is got on conditions', async () => {
    const { file } = await doorWithFile();
    const etag = (await fetch(file, { method: 'HEAD' })).headers.get('etag') ?? '';
    const status = async (headers: Record<string, string>) => (await fetch(file, { headers })).status;

    expect(await status({ 'if-none-match': etag })).toBe(304);
    expect(await status({ 'if-none-match': '"another"' })).toBe(200);
    expect(await status({ 'if-match': '"another"' })).toBe(412);
    expect(await status({ 'if-match': etag })).toBe(200);
    expect(await status({ 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() })).toBe(304);
    expect(await status({ 'if-unmodified-since': 'Mon, 01 Jan 2024 00:00:00 GMT' })).toBe(412);
  });

  test('is there after the next start, and nothing is left of what it replaced', async () => {
    const { links, directory } = await doorWithFile();
    const again = Buffer.from('another');
    await fetch(await links.link('put', 'firmware/1/fw.bin', soon()), { method: 'PUT', body: again });

    const next = await fileDoor({ dataDir: directory });
    const response = await fetch(await next.links.link('download', 'firmware/1/fw.bin', soon()));

    expect(await response.text()).toBe('another');
    expect(await readdir(join(directory, 'files'))).toHaveLength(2);
  });

  test('may be of any size and of any bytes', async () => {
    const { links } = await fileDoor();
    const large = randomBytes(12 * 1024 * 1024);

    await fetch(await links.link('put', 'firmware/2/large.bin', soon()), { method: 'PUT', body: large });
    const response = await fetch(await links.link('download', 'firmware/2/large.bin', soon()));

    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
  });
});

describe('into a directory a charger puts', () => {
  test.each([
    ['diag.zip', 'diag.zip'],
    ['/diag.zip', 'diag.zip'],
    ['logs/today/diag.zip', 'diag.zip'],
    ['a%20b%2Fc.log', 'a_b_c.log'],
    ['diag%zz.log', 'diag_zz.log'],
    ['%C3%A4.log', '_.log'],
    ['diag.zip?acl=public-read', 'diag.zip'],
    ['', 'unnamed'],
    ['...', 'unnamed'],
    ['..%2F..%2F..%2Ffirmware%2F1%2Ffw.bin', '.._.._.._firmware_1_fw.bin'],
  ])('%j under the name %s', async (appended, name) => {
    const { links } = await fileDoor();
    const directory = await links.link('upload', 'charger/command', soon());

    const response = await fetch(`${directory}${appended}`, { method: 'PUT', body: content });

    const stored = await fetch(await links.link('download', `uploads/charger/command/${name}`, soon()));
    expect([response.status, stored.status, await stored.text()]).toEqual([200, 200, '0123456789']);
  });

  test.each(['/../firmware/1/fw.bin', '/../../x', '/..', '/./../../../../etc/passwd'])(
    'nothing outside of it by %s',
    async (path) => {
      const { url, links } = await doorWithFile();
      const directory = (await links.link('upload', 'charger/command', soon())).slice(url.length, -1);

      const status = await raw(url, 'PUT', `${directory}${path}`, 'changed');

      const kept = await fetch(await links.link('download', 'firmware/1/fw.bin', soon()));
      expect([200, 404]).toContain(status);
      expect(await kept.text()).toBe('0123456789');
    },
  );

  test('what can be listed, page by page', async () => {
    const { links } = await fileDoor();
    const directory = await links.link('upload', 'charger/command', soon());
    for (const name of ['b', 'a', 'c']) await fetch(`${directory}${name}`, { method: 'PUT', body: name });
    const list = await links.link('list', 'uploads/charger/', soon());

    const first = await (await fetch(`${list}?max-keys=2`)).text();
    const second = await (await fetch(`${list}?start-after=uploads%2Fcharger%2Fcommand%2Fb&prefix=firmware`)).text();

    expect([...first.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual([
      'uploads/charger/command/a',
      'uploads/charger/command/b',
    ]);
    expect(first).toContain('<IsTruncated>true</IsTruncated>');
    expect([...second.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual(['uploads/charger/command/c']);
    expect(second).toContain('<Size>1</Size>');
  });

  test('what is gone after ninety days', async () => {
    const { links } = await fileDoor();
    await fetch(`${await links.link('upload', 'charger/command', soon())}a`, { method: 'PUT', body: content });
    await fetch(await links.link('put', 'firmware/1/a', soon()), { method: 'PUT', body: content });
    const later = Date.now() + 91 * 24 * 3600_000;

    vi.useFakeTimers({ now: later, toFake: ['Date'] });
    try {
      const upload = await fetch(await links.link('download', 'uploads/charger/command/a', later + 60_000));
      const firmware = await fetch(await links.link('download', 'firmware/1/a', later + 60_000));

      expect([upload.status, firmware.status]).toEqual([404, 200]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('nothing of unknown length, as S3 has it', async () => {
    const { url, links } = await fileDoor();
    const directory = (await links.link('upload', 'charger/command', soon())).slice(url.length);

    const status = await raw(url, 'PUT', `${directory}a`, undefined, { 'transfer-encoding': 'chunked' });

    expect(status).toBe(501);
  });

  test.each([[{}], [{ 'content-type': 'text/plain' }], [{ 'content-type': 'multipart/form-data; boundary=x' }]])(
    'by POST, with the headers %j, what a function takes, at the path that the charger called',
    async (headers) => {
      const functions = fakeFunctions({ takeUpload: () => ({ statusCode: 200 }) });
      const { url, links } = await fileDoor({ functions });
      const directory = await links.link('upload', 'charger/command', soon());

      const response = await fetch(`${directory}diag.zip`, { method: 'POST', body: content, headers });

      expect(response.status).toBe(200);
      expect(functions.events.get('takeUpload')).toMatchObject([
        { rawPath: `${directory.slice(url.length)}diag.zip`, body: content.toString('base64'), isBase64Encoded: true },
      ]);
    },
  );
});

test('by POST a function takes no more than Lambda does', async () => {
  const { links } = await fileDoor();
  const directory = await links.link('upload', 'charger/command', soon());
  const post = async (bytes: number) =>
    (await fetch(`${directory}x`, { method: 'POST', body: randomBytes(bytes) })).status;

  expect(await post(4 * 1024 * 1024)).toBe(200);
  expect(await post(5 * 1024 * 1024)).toBe(413);
});

describe('the door stays shut', () => {
  test('to a link whose time is over', async () => {
    const { links } = await doorWithFile();
    const over = await links.link('download', 'firmware/1/fw.bin', Date.now() - 1000);

    expect((await fetch(over)).status).toBe(410);
  });

  test('to a link that was changed in any place', async () => {
    const { url, file } = await doorWithFile();
    const path = file.slice(url.length);

    await fc.assert(
      fc.asyncProperty(fc.nat(path.length - 2), fc.constantFrom(...'abz09-_./'), async (at, character) => {
        const changed = `${path.slice(0, at + 1)}${character}${path.slice(at + 2)}`;
        fc.pre(changed !== path);

        const status = await raw(url, 'GET', changed);

        expect(status).toBe(404);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['a later end', (path: string) => path.replace(/^\/d\/[0-9a-z]+/, '/d/zzzzzz')],
    ['another right', (path: string) => path.replace('/d/', '/p/')],
    ['another file', (path: string) => path.replace('/1/', '/2/')],
    ['a way up', (path: string) => `${path}/../../2/fw.bin`],
    ['no signature', (path: string) => path.replace(/\.[\w-]{22}/, '.')],
  ])('to a link with %s', async (_case, change) => {
    const { url, file } = await doorWithFile();

    expect(await raw(url, 'GET', change(file.slice(url.length)))).toBe(404);
  });

  test.each([
    ['download', 'PUT'],
    ['download', 'POST'],
    ['download', 'DELETE'],
    ['put', 'GET'],
    ['put', 'POST'],
    ['upload', 'GET'],
    ['upload', 'DELETE'],
    ['list', 'PUT'],
  ] as const)('to a link for %s that is used with %s', async (right, method) => {
    const { links } = await fileDoor();

    const response = await fetch(await links.link(right, 'charger/command', soon()), { method });

    expect(response.status).toBe(405);
  });

  test.each(['/', '/d/', '/firmware/1/fw.bin', '/?list-type=2', '/uploads-by-function', '/x/1.2/3'])(
    'to %s',
    async (path) => {
      const { url } = await doorWithFile();

      expect(await raw(url, 'GET', path)).toBe(404);
    },
  );

  test('to orders that a client gives in headers', async () => {
    const { links } = await doorWithFile();
    const target = await links.link('put', 'firmware/3/copy.bin', soon());

    await fetch(target, {
      method: 'PUT',
      body: 'own',
      headers: { 'x-amz-copy-source': '/files/firmware/1/fw.bin', authorization: 'Basic eA==' },
    });

    const copy = await fetch(await links.link('download', 'firmware/3/copy.bin', soon()));
    expect(await copy.text()).toBe('own');
  });
});

describe('a page of another origin', () => {
  const origin = 'https://console.example.org';
  const toAnyone = (response: Response) => response.headers.get('access-control-allow-origin');

  test.each(['PUT', 'GET'])('is told that it may %s, before it does', async (method) => {
    const { links } = await fileDoor();
    const link = await links.link(method === 'PUT' ? 'put' : 'download', 'firmware/1/fw.bin', soon());

    const { status, headers } = await fetch(link, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
    });

    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, PUT, POST',
      'access-control-allow-headers': '*',
    });
    expect(headers.has('access-control-allow-credentials')).toBe(false);
  });

  test('puts and posts, and reads what it gets', async () => {
    const { links, file } = await doorWithFile();
    const put = await links.link('put', 'firmware/1/fw.bin', soon());
    const upload = await links.link('upload', 'charger/command', soon());

    const responses = [
      await fetch(put, { method: 'PUT', body: content, headers: { origin } }),
      await fetch(upload, { method: 'POST', body: content, headers: { origin } }),
      await fetch(file, { headers: { origin, range: 'bytes=0-3' } }),
    ];

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 206]);
    expect(responses.map(toAnyone)).toEqual(['*', '*', '*']);
    expect(responses.map(({ headers }) => headers.get('access-control-expose-headers'))).toEqual(['*', '*', '*']);
  });

  test('is told why the door stays shut', async () => {
    const { url, links } = await fileDoor();
    const over = await links.link('download', 'firmware/1/fw.bin', Date.now() - 1000);
    const absent = await links.link('download', 'firmware/1/none.bin', soon());

    const responses = [
      await fetch(over, { headers: { origin } }),
      await fetch(`${url}/d/changed`, { headers: { origin } }),
      await fetch(absent, { headers: { origin } }),
    ];

    expect(responses.map(({ status }) => status)).toEqual([410, 404, 404]);
    expect(responses.map(toAnyone)).toEqual(['*', '*', '*']);
  });

  test('is all that hears of it: what a charger gets is the file', async () => {
    const { file } = await doorWithFile();

    expect(toAnyone(await fetch(file))).toBeNull();
  });
});

describe('the bucket', () => {
  const statusOf = async (setting: Parameters<typeof fileDoor>[0]) => {
    const { url } = await fileDoor(setting);
    const status = (method: string, path: string) => raw(url, method, path, method === 'PUT' ? 'x' : undefined);
    return [
      await status('PUT', signed('p', 'firmware/1/a')),
      await status('GET', signed('d', 'firmware/1/b')),
      await status('GET', signed('l', 'uploads/charger/')),
    ];
  };

  test('does what its policy lets CloudFront do', async () => {
    expect(await statusOf({})).toEqual([200, 404, 200]);
  });

  test('does nothing that comes unsigned', async () => {
    expect(await statusOf({ signing: 'never' })).toEqual([403, 403, 403]);
  });

  test('does not tell what is not there to whoever may not list', async () => {
    expect(await statusOf({ statements: [grants.objects] })).toEqual([200, 403, 403]);
  });

  test('does nothing for another distribution', async () => {
    const Condition = { StringEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::000000000000:distribution/OTHER' } };

    expect(await statusOf({ statements: [{ ...grants.objects, Condition }] })).toEqual([403, 403, 403]);
  });

  test('does nothing outside of what is granted', async () => {
    const { url } = await fileDoor();

    expect(await raw(url, 'PUT', signed('p', 'elsewhere/a'), 'x')).toBe(403);
  });

  test('is refused at start with a condition that is not known', async () => {
    const Condition = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };

    await expect(fileDoor({ statements: [{ ...grants.objects, Condition }] })).rejects.toThrow(
      /IpAddress aws:SourceIp/,
    );
  });
});

test('a range is of bytes that are there, and as many as were asked for', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), (size, a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];

      const range = byteRange(`bytes=${from}-${to}`, size);

      const expected = from >= size ? 'none' : { first: from, last: Math.min(to, size - 1) };
      expect(range).toEqual(expected);
    }),
  );
});

/** A request with this path as it is: fetch would tidy it up. */
function raw(
  url: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request({ hostname, port, method, path, headers: { ...length, ...headers } }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

test('the directory of the files may be anywhere', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'chargeline-files-'));

  const { directory } = await fileDoor({ dataDir });

  expect(await readdir(directory)).toEqual(['files']);
});
