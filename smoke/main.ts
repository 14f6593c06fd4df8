import { type Check, checks, type Sighting } from './checks.ts';
import { BadOption, help, type Options, readOptions } from './options.ts';
import { Visit } from './visit.ts';

/** A check and what came of it. */
type Told = Sighting & Pick<Check, 'name' | 'reliedUpon'>;

const marks: Record<Sighting['as'], string> = {
  'relied upon': 'as relied upon',
  otherwise: 'OTHERWISE',
  told: 'told',
  'not checked': 'not checked',
};

/** `npm run smoke -- …`; see `--help`. */
process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options !== 'help') return await smoke(options);
    console.log(help);
    return 0;
  } catch (error) {
    if (!(error instanceof BadOption)) throw error;
    console.error(`${error.message}\n\`npm run smoke -- --help\` lists the options.`);
    return 2;
  }
}

async function smoke(options: Options): Promise<number> {
  const visit = new Visit(options);
  const sightings: Told[] = [];
  for (const { name, reliedUpon, see } of checks) {
    const sighting = { name, reliedUpon, ...(await see(visit)) };
    await visit.hangUp();
    sightings.push(sighting);
    if (!options.json) console.log(lineOf(sighting));
  }
  const ok = sightings.every((each) => each.as !== 'otherwise');
  if (options.json) console.log(JSON.stringify({ url: options.url, id: options.id, ok, checks: sightings }, null, 2));
  else console.log(ok ? 'All that was checked is as relied upon.' : 'Not everything is as relied upon.');
  return ok ? 0 : 1;
}

function lineOf({ name, reliedUpon, seen, as }: Told): string {
  const wanted = as === 'otherwise' ? ` (relied upon: ${reliedUpon})` : '';
  return `${marks[as].padEnd(15)} ${name}: ${seen}${wanted}`;
}
