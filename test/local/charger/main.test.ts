import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import { CentralSystem } from './central-system.ts';

const script = fileURLToPath(import.meta.resolve('#local/charger/main.ts'));

const centrals: CentralSystem[] = [];
afterEach(async () => {
  for (const central of centrals.splice(0)) await central.close();
});

async function listen(...answers: Parameters<typeof CentralSystem.listen>): Promise<CentralSystem> {
  const central = await CentralSystem.listen(...answers);
  centrals.push(central);
  return central;
}

function start(line: string) {
  const child = spawn(process.execPath, [script, ...line.split(' ')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => ({ stdout, stderr, code }),
  );
  return { ended, interrupt: () => child.kill('SIGINT') };
}

describe('npm run charger', () => {
  test('runs a crowd through its sessions, tells it in lines and exits with 0', async () => {
    const central = await listen();

    const { stdout, stderr, code } = await start(
      `--url ${central.url} --id CP009 --count 2 --sessions 2 --interval 60 --speed 6000`,
    ).ended;

    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}CP009 {2}→ BootNotification {7}Chargeline Simulated charger$/m);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}CP010 {2}← StartTransaction {7}transaction \d+, Accepted$/m);
    expect(stdout).toMatch(/^CP010: 2 sessions completed, 2\.\d+ kWh, 24 transaction messages, all acknowledged$/m);
  });

  test('exits with 1 and the reason when a session was refused', async () => {
    const central = await listen({ Authorize: () => ({ idTagInfo: { status: 'Expired' } }) });

    const { stdout, stderr, code } = await start(`--url ${central.url} --id CP001 --speed 6000 --tag OLD --quiet`)
      .ended;

    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('CP001: a session was refused: tag OLD is Expired');
  });

  test('exits with 2 and the name of a bad option', async () => {
    const { stderr, code } = await start('--id CP001 --power lots').ended;

    expect(code).toBe(2);
    expect(stderr).toContain('--power wants watts');
  });

  test('ends its session on Ctrl-C', async () => {
    const central = await listen();
    const { ended, interrupt } = start(`--url ${central.url} --id CP001 --duration 3600000 --speed 60`);
    await until('it charges', () => central.of('MeterValues').length === 1);

    interrupt();

    const { code } = await ended;
    expect(code).toBe(0);
    expect(central.of('StopTransaction')).toMatchObject([{ reason: 'Local' }]);
    expect(central.heard.at(-1)).toMatchObject({ payload: { status: 'Available' } });
  });
});
