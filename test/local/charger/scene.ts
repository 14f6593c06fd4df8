import { afterEach } from 'vitest';
import { behave } from '#local/charger/behaviour.ts';
import { Charger, type ChargerOptions } from '#local/charger/charger.ts';
import type { Traffic } from '#local/charger/link.ts';
import { until } from '#test/support/until.ts';
import { CentralSystem } from './central-system.ts';
import { HastyTime } from './hasty-time.ts';

const open: { central: CentralSystem; charger: Charger }[] = [];
afterEach(async () => {
  for (const { central, charger } of open.splice(0)) {
    await Promise.all([charger.stop(), central.close()]);
  }
});

export interface Scene {
  central: CentralSystem;
  charger: Charger;
  time: HastyTime;
  notes: string[];
  traffic: Traffic[];
}

/** A charger at a central system; neither has done anything yet. */
export async function meet(
  answers: Parameters<typeof CentralSystem.listen>[0] = {},
  options: Partial<ChargerOptions> = {},
): Promise<Scene> {
  const central = await CentralSystem.listen(answers);
  const time = new HastyTime();
  const notes: string[] = [];
  const traffic: Traffic[] = [];
  const charger = new Charger(
    {
      id: 'CP 001',
      url: central.url,
      password: 'pass:word',
      idTag: 'TAG',
      sessions: 1,
      connectors: 1,
      connector: 1,
      durationMs: 600_000,
      stopReason: 'Local',
      supply: { powerW: 7200, phases: 1, batteryWh: 60_000, seed: 1 },
      soc: 20,
      meterStartWh: 1000,
      sampleIntervalS: 60,
      speed: 60,
      behaviour: behave(),
      attempts: 3,
      retryIntervalS: 10,
      callTimeoutMs: 20_000,
      redial: { firstMs: 10, longestMs: 40 },
      patienceMs: 1e8,
      ...options,
    },
    { traffic: (_, message) => traffic.push(message), note: (_, text) => notes.push(text) },
    time,
  );
  open.push({ central, charger });
  return { central, charger, time, notes, traffic };
}

/** Action and what matters of it, in order. */
export const told = ({ heard }: CentralSystem): string[] =>
  heard.map(({ action, payload }) =>
    action === 'StatusNotification' ? `${payload.connectorId} ${payload.status}` : action,
  );

/** What the connectors became, in order. */
export const statuses = (central: CentralSystem): string[] =>
  central.of('StatusNotification').map(({ connectorId, status }) => `${connectorId} ${status}`);

/** A charger that only obeys, booted. */
export async function waiting(
  options: Partial<ChargerOptions> = {},
  answers: Parameters<typeof CentralSystem.listen>[0] = {},
): Promise<Scene> {
  const { connectors = 2 } = options;
  const scene = await meet(answers, { sessions: 0, durationMs: 36_000_000, ...options, connectors });
  void scene.charger.run();
  await until('it has booted', () => scene.central.of('StatusNotification').length > connectors);
  return scene;
}

/** The same, and tag APP charges at connector 2. */
export async function charging(options: Partial<ChargerOptions> = {}): Promise<Scene> {
  const scene = await waiting(options);
  await scene.central.command('RemoteStartTransaction', { idTag: 'APP', connectorId: 2 });
  await until('it charges', () => scene.central.of('MeterValues').length > 0);
  return scene;
}
