/** Joins the modules of the program to a few files: a command that finds nothing to do spends its time on loading. */
export default {
  input: 'dist/cli/main.js',
  platform: 'node',
  // Packages stay where npm put them, but for the one that every command loads.
  external: (id) => /^[^./]/.test(id) && id !== 'commander',
  output: { dir: 'dist/program', format: 'esm', cleanDir: true },
  logLevel: 'warn',
};
