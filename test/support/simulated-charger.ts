import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LocalCloud } from './local-cloud.ts';
import type { TestCharger } from './test-charger.ts';
import { until } from './until.ts';

const CONNECTORS = 2;

interface Simulated {
  charger: TestCharger;
  stop(): void;
}

/** The simulated charger as `npm run charger` starts it, with nothing to do but to obey; it has booted and shown its connectors. */
export async function simulatedCharger(cloud: LocalCloud, plan: { id?: string } = {}): Promise<Simulated> {
  const password = 'as the page says';
  const connectors = Array.from({ length: CONNECTORS }, (_, index) => ({
    id: index + 1,
    type: 'Type2',
    maxPowerW: 11_000,
  }));
  const charger = await cloud.charger({ ...plan, password, connectors });
  const options = {
    id: charger.id,
    password,
    url: `${cloud.url.replace(/^http/, 'ws')}/ocpp`,
    sessions: '0',
    connectors: String(CONNECTORS),
  };
  const program = spawn(
    process.execPath,
    ['local/charger/main.ts', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])],
    { cwd: join(import.meta.dirname, '../..'), stdio: 'ignore' },
  );
  const stop = () => program.kill('SIGKILL');
  process.once('exit', stop);
  program.once('exit', () => process.off('exit', stop));
  await until('the charger shows its connectors', async () => {
    const { connectors: shown } = await charger.read();
    return shown.filter(({ id, status }) => id > 0 && status === 'Available').length === CONNECTORS;
  });
  return { charger, stop };
}
