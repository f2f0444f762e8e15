/** Joins the modules of the program to a few files: a command that finds nothing to do spends its time on loading. */
// Packages stay where npm put them, but for the one that every command loads, and what the bundler itself adds.
const BUNDLED = /^(commander$|@oxc-project\/runtime\/|\0)/;

export default {
  input: { main: 'dist/cli/main.js', stampthread: 'dist/cli/build/stampthread.js' },
  platform: 'node',
  external: (id) => /^[^./]/.test(id) && !BUNDLED.test(id),
  output: { dir: 'dist/program', format: 'esm', cleanDir: true },
  logLevel: 'warn',
};
