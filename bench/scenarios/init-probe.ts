import { pathToFileURL } from 'node:url';

/** `init-probe.ts MODULE`: prints the CPU time, in microseconds, that importing the module takes in a process that has done nothing else. */

const [module = ''] = process.argv.slice(2);
const before = process.cpuUsage();
await import(pathToFileURL(module).href);
const { user, system } = process.cpuUsage(before);
process.stdout.write(String(user + system));
