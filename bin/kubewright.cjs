#!/usr/bin/env node
'use strict';
// Plain old JavaScript on purpose: a Node too old for the program must still be able to say so.
var major = Number(process.versions.node.split('.')[0]);
if (major < 22) {
  process.stderr.write(
    'kubewright needs Node 22 or newer, and this is ' +
      process.version +
      '. Install a newer Node, or run ./quickstart in a clone: it fetches a private one.\n',
  );
  process.exit(2);
}
try {
  process.cwd();
} catch {
  process.stderr.write('kubewright: the working directory has been removed. Change to another one: cd DIR\n');
  process.exit(2);
}
var still = require('../dist/program/still.cjs');
var asked = still.askedNow(require.resolve('../dist/program/main.js'));
void still.answerAgain(asked).then((isAnswered) => {
  if (isAnswered) return;
  // A young generation that stays small: the memory is the compilers'.
  require('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
  require('node:module').enableCompileCache();
  return import('../dist/program/main.js').then((cli) => cli.main(process.argv.slice(2), asked));
});
