// Runs a command and tells its wall time: node scripts/stopwatch.mjs COMMAND ARGUMENT…
import { spawnSync } from 'node:child_process';

const [command, ...words] = process.argv.slice(2);
const began = performance.now();
const { status } = spawnSync(command, words, { stdio: 'inherit' });
process.stderr.write(
  `    answered in ${((performance.now() - began) / 1000).toFixed(2)} s, Node's start included\n`,
);
process.exitCode = status ?? 1;
