/** Joins the modules of the program to a few files: a command that finds nothing to do spends its time on loading. */
// Packages stay where npm put them, but for the one that every command loads, and what the bundler itself adds.
const BUNDLED = /^(commander$|@oxc-project\/runtime\/|\0)/;
const directory = 'dist/program';
const shared = { platform: 'node', logLevel: 'warn' };

export default [
  {
    ...shared,
    input: {
      main: 'dist/cli/main.js',
      stampthread: 'dist/cli/build/stampthread.js',
      packthread: 'dist/cli/artifacts/packthread.js',
    },
    external: (id) => /^[^./]/.test(id) && !BUNDLED.test(id),
    output: { dir: directory, format: 'esm', cleanDir: true },
  },
  {
    ...shared,
    // What is loaded first, and most often alone.
    input: { still: 'dist/cli/still/answer.js' },
    output: { dir: directory, format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
  },
];
