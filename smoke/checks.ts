import { setInterval } from 'node:timers';
import { inboundNames, subprotocol } from '#shared/ocpp/v16/index.ts';
import { Line } from './line.ts';
import { answerTo, call, newId, unknownCall, type Visit } from './visit.ts';

export interface Sighting {
  seen: string;
  /** 'told' where nothing relies upon either. */
  as: 'relied upon' | 'otherwise' | 'told' | 'not checked';
}

export interface Check {
  name: string;
  reliedUpon: string;
  see(visit: Visit): Promise<Sighting>;
}

const KB = 1024;

const judged = (seen: string, good: boolean): Sighting => ({ seen, as: good ? 'relied upon' : 'otherwise' });
const notChecked = (why: string): Sighting => ({ seen: why, as: 'not checked' });

/** How the upgrade is answered. */
function refused(name: string, status: number, way: (visit: Visit) => Parameters<Visit['dial']>[0]): Check {
  return {
    name,
    reliedUpon: `HTTP ${status}`,
    async see(visit) {
      const line = await visit.dial(way(visit));
      if (line instanceof Line) return judged(`let in${line.protocol && ` with ${line.protocol}`}`, false);
      return judged(line.seen, line.seen === `HTTP ${status}`);
    },
  };
}

/** What happens on a connection of its own. */
function connected(
  name: string,
  reliedUpon: string,
  see: (line: Line, visit: Visit) => Promise<Sighting>,
  way = straight,
): Check {
  return {
    name,
    reliedUpon,
    async see(visit) {
      const line = await visit.dial(way(visit));
      return line instanceof Line ? see(line, visit) : judged(line.seen, false);
    },
  };
}

const straight = (_: Visit): Parameters<Visit['dial']>[0] => ({});

/** What comes after a frame of some size: an answer, or the code with which the connection is closed. */
async function sizes(line: Line, send: (text: string) => void, bytes: number, closes?: number): Promise<Sighting> {
  const messageId = newId();
  send(unknownCall(messageId, bytes - Buffer.byteLength(unknownCall(messageId))));
  const seen = await answerTo(line, messageId);
  return judged(seen, seen === (closes === undefined ? 'CALLERROR NotImplemented' : `closed with ${closes}`));
}

async function heartbeat(line: Line): Promise<Sighting> {
  const seen = await call(line, 'Heartbeat', {});
  const hint = seen === 'CALLERROR SecurityError' ? ': this charger was never accepted; --boot boots it' : '';
  return judged(`${seen}${hint}`, seen.startsWith('CALLRESULT {"currentTime"'));
}

/** In the order in which they are made. None writes anything but --boot, and connecting itself. */
export const checks: readonly Check[] = [
  refused('a wrong password', 401, () => ({ password: `wrong-${newId().slice(0, 8)}` })),
  refused('an unknown identity', 404, (visit) => {
    const user = `SMOKE-${newId().slice(0, 13)}`;
    return { url: visit.addressOf(user), user };
  }),
  refused('no common subprotocol', 400, () => ({ protocols: ['ocpp9.9'] })),
  connected('the handshake', `the subprotocol ${subprotocol}`, async (line) =>
    judged(`let in with '${line.protocol}'`, line.protocol === subprotocol),
  ),
  {
    name: 'a boot',
    reliedUpon: 'CALLRESULT with status Accepted',
    async see(visit) {
      if (!visit.options.boot) return notChecked('without --boot; the charger must have been accepted before');
      const line = await visit.dial();
      if (!(line instanceof Line)) return judged(line.seen, false);
      const seen = await call(line, 'BootNotification', { chargePointVendor: 'Chargeline', chargePointModel: 'Smoke' });
      return judged(seen, seen.startsWith('CALLRESULT') && seen.includes('"status":"Accepted"'));
    },
  },
  connected('the authorizer’s context on messages', 'CALLRESULT to a Heartbeat', heartbeat),
  connected('an action that there is not', 'CALLERROR NotImplemented, by $default', async (line) => {
    const seen = await call(line, 'SmokeTest', {});
    return judged(seen, seen === 'CALLERROR NotImplemented');
  }),
  // Element 2 of a CALLERROR is a code. Where it is an action's name the frame takes that action's route, which has nothing to say to it.
  connected(
    'a route for each action, by $request.body.[2]',
    `${inboundNames.length} empty frames: two-way routes with nothing to say`,
    async (line) => {
      for (const name of inboundNames) line.send(JSON.stringify([4, newId(), name, '', {}]));
      const empty = () => line.heard.filter((text) => text === '').length;
      await line.until(() => line.heard.length >= inboundNames.length);
      const others = line.heard.filter((text) => text !== '').map((text) => text.slice(0, 80));
      const seen = [`${empty()} empty frames`, ...others, ...(line.closed ? [`closed with ${line.closed}`] : [])];
      return judged(seen.join('; '), empty() === inboundNames.length && seen.length === 1);
    },
  ),
  connected(
    'an answer to no command of ours, to $default',
    'nothing comes back, and the connection lives',
    async (line) => {
      line.send(JSON.stringify([3, newId(), {}]));
      // Two calls behind it, one by the same function: what has not come by then does not come.
      const after = [await call(line, 'SmokeTest', {}), await call(line, 'Heartbeat', {})];
      const more = line.heard.length - after.length;
      const lives = line.closed === undefined ? 'lives' : `was closed with ${line.closed}`;
      return judged(
        `${more > 0 ? `${more} frame(s): ${line.heard[0]?.slice(0, 80)}` : 'nothing'}; the connection ${lives}`,
        more === 0 && line.closed === undefined && after[0] === 'CALLERROR NotImplemented',
      );
    },
  ),
  connected(
    'an identity of which every byte is percent-encoded',
    'CALLRESULT to a Heartbeat',
    heartbeat,
    ({ options: { url, id } }) => ({ url: `${url}${bytesOf(id)}` }),
  ),
  {
    name: 'an identity that a URL must encode',
    reliedUpon: 'the handshake, as with any other',
    async see(visit) {
      const { encodedId } = visit.options;
      if (encodedId === undefined) return notChecked('without --encoded-id');
      const line = await visit.dial({ url: visit.addressOf(encodedId), user: encodedId });
      return line instanceof Line ? judged(`let in with '${line.protocol}'`, true) : judged(line.seen, false);
    },
  },
  {
    name: 'the way past CloudFront, ?id=',
    reliedUpon: 'CALLRESULT to a Heartbeat',
    async see(visit) {
      const { directUrl, id } = visit.options;
      if (directUrl === undefined) return notChecked('without --direct-url');
      const line = await visit.dial({ url: `${directUrl}${encodeURIComponent(id)}` });
      return line instanceof Line ? heartbeat(line) : judged(line.seen, false);
    },
  },
  connected('a frame of just under 32 KB', 'CALLERROR NotImplemented: it was read', (line) =>
    sizes(line, (text) => line.send(text), 32 * KB - 1),
  ),
  connected('a frame of just over 32 KB', 'closed with 1009', (line) =>
    sizes(line, (text) => line.send(text), 32 * KB + 1, 1009),
  ),
  connected('100 KB in frames of 30 KB', 'CALLERROR NotImplemented: it was read', (line) =>
    sizes(line, (text) => line.sendInFrames(text, 30 * KB), 100 * KB),
  ),
  connected('130 KB in frames of 30 KB', 'closed with 1009', (line) =>
    sizes(line, (text) => line.sendInFrames(text, 30 * KB), 130 * KB, 1009),
  ),
  connected('a binary frame', 'closed with 1003', async (line) => {
    line.send(Buffer.from('[2,"1","SmokeTest",{}]'));
    await line.until(() => line.heard.length > 0);
    return judged(
      line.closed === undefined ? (line.heard[0] ?? 'nothing, and no end') : `closed with ${line.closed}`,
      line.closed === 1003,
    );
  }),
  {
    name: 'a connection with pings and nothing else',
    reliedUpon: 'nothing: it is to be told whether pings keep it',
    async see(visit) {
      const { idle } = visit.options;
      if (!idle) return notChecked('without --idle: it takes eleven minutes');
      const line = await visit.dial();
      if (!(line instanceof Line)) return judged(line.seen, false);
      const startedMs = performance.now();
      const pings = setInterval(() => line.ping(), idle.pingMs);
      await line.until(() => false, idle.limitMs);
      clearInterval(pings);
      const tookS = ((performance.now() - startedMs) / 1000).toFixed(0);
      const end = line.closed === undefined ? 'still open' : `closed with ${line.closed}`;
      return { seen: `${end} after ${tookS} s, with a ping every ${idle.pingMs / 1000} s`, as: 'told' };
    },
  },
  {
    name: 'client certificates (mTLS) with WebSocket',
    reliedUpon: 'nothing',
    see: async () => notChecked('security profile 3 is refused'),
  },
];

function bytesOf(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
