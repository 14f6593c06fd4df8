import { Charger } from './charger.ts';
import type { ChargerReport } from './charger-report.ts';
import { realTime } from './clock.ts';
import { BadOption, help, type Run, readOptions } from './options.ts';
import { printer, summary } from './print.ts';

/** `npm run charger -- …`; see `--help`. */
process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  try {
    const run = readOptions(argv);
    if (run !== 'help') return await charge(run);
    console.log(help());
    return 0;
  } catch (error) {
    if (!(error instanceof BadOption)) throw error;
    console.error(`${error.message}\n\`npm run charger -- --help\` lists the options.`);
    return 2;
  }
}

async function charge({ chargers: options, quiet, verbose }: Run): Promise<number> {
  const observer = printer({
    quiet,
    verbose,
    idWidth: Math.max(...options.map(({ id }) => id.length)),
    write: (line) => console.log(line),
    now: realTime.now,
  });
  const chargers = options.map((each) => new Charger(each, observer(each.id), realTime));
  stopOnSignals(chargers);

  const reports = await Promise.all(chargers.map((charger) => charger.run()));

  if (!quiet) for (const report of reports) console.log(summary(report));
  return tellProblems(reports);
}

function tellProblems(reports: ChargerReport[]): number {
  const failed = reports.filter(({ problems }) => problems.length > 0);
  for (const { id, problems } of failed) for (const problem of problems) console.error(`${id}: ${problem}`);
  return failed.length > 0 ? 1 : 0;
}

/** The first signal ends sessions properly, the second one does not wait. */
function stopOnSignals(chargers: Charger[]): void {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(1);
    asked = true;
    console.error('Stopping: ends the sessions and delivers what is queued. Once more to quit at once.');
    for (const charger of chargers) void charger.stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
