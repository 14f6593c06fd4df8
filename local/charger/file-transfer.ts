import type { Time } from './clock.ts';

export interface Retries {
  /** So often again after the first failure (0). */
  retries?: number;
  /** Real seconds in between (10). */
  retryInterval?: number;
}

export interface TransferDeps {
  time: Time;
  note(text: string): void;
}

/** A transfer that has not come to its end by then is given up. */
const patienceMs = 600_000;

/** Uploads a text under its name into the folder that the location is. False when it failed, or the signal came. */
export function upload(
  { location, name, text, ...retries }: { location: string; name: string; text: string } & Retries,
  deps: TransferDeps,
  signal: AbortSignal,
): Promise<boolean> {
  return attempt(retries, deps, signal, async (attemptSignal) => {
    const { url, headers } = address(location);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(name)}`;
    const response = await fetch(url, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
      body: text,
      signal: attemptSignal,
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  });
}

/** Downloads a file; goes on where it broke off if the server can. Undefined when it failed, or the signal came. */
export async function download(
  { location, ...retries }: { location: string } & Retries,
  deps: TransferDeps,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  let chunks: Uint8Array[] = [];
  const isComplete = await attempt(retries, deps, signal, async (attemptSignal) => {
    const { url, headers } = address(location);
    const loaded = lengthOfAll(chunks);
    const response = await fetch(url, {
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(loaded > 0 && { range: `bytes=${loaded}-` }),
      },
      signal: attemptSignal,
    });
    const isRest = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${loaded}-`);
    if (!isRest) chunks = [];
    if (!response.ok || (response.status === 206 && !isRest)) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status}`);
    }
    for await (const chunk of response.body ?? []) chunks.push(chunk);
    // The connection may have ended in order, and the file have not: a server may send less than the rest.
    const due = lengthOf(response);
    const length = lengthOfAll(chunks);
    if (due !== undefined && length !== due) throw new Error(`${length} of ${due} bytes`);
  });
  return isComplete ? Buffer.concat(chunks) : undefined;
}

const lengthOfAll = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((length, chunk) => length + chunk.length, 0);

/** Of the whole file, where the server tells it. Of one that it has packed against our wish it tells another length. */
function lengthOf({ status, headers }: Response): number | undefined {
  if (headers.has('content-encoding')) return undefined;
  const told =
    status === 206 ? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] : headers.get('content-length');
  return told === undefined || told === null ? undefined : Number(told);
}

async function attempt(
  { retries = 0, retryInterval = 10 }: Retries,
  { time, note }: TransferDeps,
  signal: AbortSignal,
  transfer: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  for (let left = retries; !signal.aborted; left--) {
    const late = new AbortController();
    const done = new AbortController();
    void time.wait(patienceMs, done.signal).then((passed) => passed && late.abort(new Error('it took too long')));
    try {
      await transfer(AbortSignal.any([signal, late.signal]));
      return true;
    } catch (error) {
      if (signal.aborted) break;
      note(`a file transfer failed: ${reasonOf(error)}${left > 0 ? `; again in ${retryInterval} s` : ''}`);
    } finally {
      done.abort();
    }
    if (left <= 0) break;
    await time.wait(retryInterval * 1000, signal);
  }
  return false;
}

/** `fetch` takes no credentials in a URL. Throws for what is no URL. */
function address(location: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(location);
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  if (credentials === ':') return { url, headers: {} };
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}

/** `fetch` tells only 'fetch failed' itself. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
