// Runs first in every script, on whatever Node is there: plain old JavaScript, so that an old one can still read it.
var version = process.versions.node;
if (Number(version.split('.')[0]) < 24) {
  console.error(
    'Chargeline runs on Node 24, which `npm ci` installs into node_modules (devDependency "node"); this is Node ' +
      version +
      '.\nYour own Node has to be 20 or newer for that. If it is: `npm rebuild node`, then try again.',
  );
  process.exit(1);
}
