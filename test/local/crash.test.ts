import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { databaseProcess } from '#local/database/database.ts';
import { databaseDirectory } from '#local/start/data-directory.ts';
import { endProcess, processIdentity } from '#local/start/processes.ts';
import { LocalCloud } from '#test/support/local-cloud.ts';
import type { RawCharger } from '#test/support/raw-charger.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import type { TestCharger } from '#test/support/test-charger.ts';
import { until } from '#test/support/until.ts';

/** What one `kill -9` hits, each in the midst of the load: twenty times the whole tree, and once each of the two alone. */
const rounds = [
  'the local cloud alone',
  'the database alone',
  ...Array.from({ length: 20 }, () => 'the local cloud and its database' as const),
] as const;

/** Messages that are answered before a kill, some of each charger: none is still booting then. */
const LOAD = 40;

test('killed 22 times under load, the local cloud has all that it answered, once, and takes what is sent again', async () => {
  const data = temporaryDirectory();
  const cloud = aCloud(data);
  await cloud.start({ data });
  const chargers = await Promise.all(
    [1, 2, 3].map(async () => new BusyCharger(await cloud.charger({ securityProfile: 0 }), await cloud.tag())),
  );
  const survivors: string[] = [];

  for (const victim of rounds) {
    const before = chargers.map((charger) => charger.answers.length);
    const work = chargers.map((charger) => charger.workUntilCut());
    const answered = () => chargers.map((charger, index) => charger.answers.length - (before[index] ?? 0));
    await until(
      'there is some load, of each charger',
      () => answered().every((count) => count > 0) && answered().reduce((sum, count) => sum + count) >= LOAD,
      120_000,
    );
    const database = await until('there is a database', () => databaseIn(data));
    if (victim !== 'the local cloud alone') process.kill(database, 'SIGKILL');
    if (victim !== 'the database alone') cloud.kill('SIGKILL');
    await Promise.all([cloud.ended(), ...work]);
    if (processIdentity(database) !== undefined) survivors.push(victim);

    await cloud.start({ data });

    expect(processIdentity(database)).toBeUndefined();
    for (const charger of chargers) {
      const kept = await charger.keptSessions();
      expect(kept).toEqual(expect.arrayContaining(charger.answers.filter(isOfSession)));
      expect(new Set(kept).size).toBe(kept.length);
      // What was under way may have been written, and the answer lost.
      expect(kept.length - charger.answers.filter(isOfSession).length).toBeLessThanOrEqual(1);
    }

    await Promise.all(chargers.map((charger) => charger.sendAgain()));
  }

  for (const charger of chargers) expect((await charger.kept()).sort()).toEqual(charger.answers.toSorted());
  expect(survivors).toEqual(['the local cloud alone']);
}, 900_000);

function aCloud(data: string): LocalCloud {
  const cloud = new LocalCloud();
  onTestFailed(() => console.error(`The local cloud printed:\n${cloud.printed}`));
  onTestFinished(async () => {
    await cloud.stop();
    // Where the test failed between a kill and the next start.
    const database = databaseIn(data);
    if (database !== undefined) await endProcess(database);
  }, 60_000);
  return cloud;
}

const databaseIn = (data: string) => databaseProcess(databaseDirectory(data));

/** Sends one message and answers what its answer promises, in the words of `BusyCharger.kept`. */
type Message = (socket: RawCharger) => Promise<string>;

/** Sessions of a start, three readings and a stop, one after the other and without end. */
function* sessions(idTag: string): Generator<Message, never> {
  for (let meterStart = 10_000; ; meterStart += 10_000) {
    let transactionId = 0;
    yield async (socket) => {
      const start = { connectorId: 1, idTag, meterStart, timestamp: at(meterStart) };
      ({ transactionId } = await socket.call('StartTransaction', start));
      return `${transactionId} began at ${meterStart} Wh`;
    };
    for (const register of [meterStart + 1000, meterStart + 2000, meterStart + 3000]) {
      yield async (socket) => {
        const meterValue = [{ timestamp: at(register), sampledValue: [{ value: String(register) }] }];
        await socket.call('MeterValues', { connectorId: 1, transactionId, meterValue });
        return `${transactionId} was at ${register} Wh at ${at(register)}`;
      };
    }
    yield async (socket) => {
      const meterStop = meterStart + 4000;
      await socket.call('StopTransaction', { transactionId, meterStop, timestamp: at(meterStop) });
      return `${transactionId} ended at ${meterStop} Wh`;
    };
  }
}

/** Each register has a second of its own. */
const at = (register: number) => new Date(Date.UTC(2026, 5, 1) + register).toISOString();

/** Sends the next message as soon as the one before is answered. */
class BusyCharger {
  /** What was promised. */
  readonly answers: string[] = [];
  readonly #charger: TestCharger;
  readonly #messages: Generator<Message, never>;
  /** Not answered yet: what a charger sends again. */
  #due: Message | undefined;

  constructor(charger: TestCharger, idTag: string) {
    this.#charger = charger;
    this.#messages = sessions(idTag);
  }

  async workUntilCut(): Promise<void> {
    const socket = await this.#charger.boot();
    try {
      for (;;) await this.#send(socket);
    } catch (error) {
      if (socket.isOpen) throw error;
    }
  }

  async sendAgain(): Promise<void> {
    const socket = await this.#charger.dial();
    if (this.#due) await this.#send(socket);
    await socket.close();
  }

  async #send(socket: RawCharger): Promise<void> {
    this.#due ??= this.#messages.next().value;
    this.answers.push(await this.#due(socket));
    this.#due = undefined;
  }

  /** Starts and stops, and whatever is to be reviewed, as the app API tells them. */
  async keptSessions(): Promise<string[]> {
    return (await this.#charger.sessions()).flatMap(factsOf);
  }

  /** All that the app API tells of its sessions. */
  async kept(): Promise<string[]> {
    const kept: string[] = [];
    for (const session of await this.#charger.sessions()) {
      kept.push(...factsOf(session));
      const { protocolTransactionId: id } = session;
      for (const { at, sampledValues } of await this.#charger.readingsOf(session.id)) {
        kept.push(`${id} was at ${sampledValues.map(({ value }) => value)} Wh at ${at}`);
      }
    }
    return kept;
  }
}

type Session = Awaited<ReturnType<TestCharger['sessions']>>[number];

const factsOf = ({ protocolTransactionId: id, meterStartWh, meterStopWh, state, reviewReasons }: Session) => [
  `${id} began at ${meterStartWh} Wh`,
  ...(state === 'ended' ? [`${id} ended at ${meterStopWh} Wh`] : []),
  ...reviewReasons.map((reason) => `${id} is to be reviewed: ${reason}`),
];

const isOfSession = (answer: string) => !answer.includes(' was at ');
