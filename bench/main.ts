import { readFileSync, writeFileSync } from 'node:fs';
import { scenarios } from './commands.ts';
import { machine } from './machine.ts';
import { help, type Options, readOptions } from './options.ts';
import { costReport } from './report/cost.ts';
import { comparison, type Results, report } from './report/results.ts';
import { latest, save, saveCost } from './report/save.ts';
import { asText } from './report/section.ts';
import { commands } from './scenarios/commands.ts';
import { connected } from './scenarios/connected.ts';
import { handlers } from './scenarios/handlers.ts';
import { init } from './scenarios/init.ts';
import { outage } from './scenarios/outage.ts';
import { sessions } from './scenarios/sessions.ts';
import { start } from './scenarios/start.ts';

/** `npm run bench`. Tables go to stdout, what is going on to stderr. It generates the load itself, and none of that is counted. */

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

const log = (line: string) => process.stderr.write(`${line}\n`);

/** Puts what each scenario measures into the results. */
const measure: Record<(typeof scenarios)[number], (options: Options, results: Results) => Promise<void>> = {
  async sessions({ chargers = 100, rounds = 9 }, results) {
    results.sessions = await sessions({ chargers, rounds, warmUpRounds: 3, log });
  },
  async handlers({ rounds = 30 }, results) {
    results.handlers = await handlers({ rounds, log });
  },
  async connected({ chargers = 5000, rounds = 2 }, results) {
    results.connected = await connected({ chargers, heartbeatS: 60, heartbeats: rounds, log });
  },
  async outage({ chargers = 5000 }, results) {
    results.outage = await outage({ chargers, withinS: 900, log });
  },
  async commands({ chargers = 1000, rounds = 2 }, results) {
    results.commands = await commands({ chargers, rounds, log });
  },
  async start({ rounds = 5 }, results) {
    results.start = await start({ runs: rounds, log });
  },
  async init({ rounds = 15 }, results) {
    results.init = await init({ runs: rounds, log });
  },
};

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else await run(options);
} catch (cause) {
  log(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  process.exitCode = 1;
}

async function run(options: Options): Promise<void> {
  const { command, json } = options;
  if (command === 'compare') {
    const [a, b] = options.files.map((file): Results => JSON.parse(readFileSync(file, 'utf8')));
    if (a && b) process.stdout.write(asText([comparison(a, b)]));
    return;
  }
  if (command === 'cost') {
    const { sessions: measured } = latest();
    if (!measured) throw new Error('There is no measurement: npm run bench -- sessions --save makes one');
    const kinds = options.behaviour && { 'this charger': options.behaviour };
    process.stdout.write(asText(costReport(measured, kinds)));
    if (options.save) saveCost(measured);
    return;
  }
  const results: Results = { machine: machine() };
  for (const scenario of command === 'all' ? scenarios : [command]) await measure[scenario](options, results);
  process.stdout.write(asText(report(results)));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  if (options.save) save(results);
}
