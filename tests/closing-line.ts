import type { Reporter, TestModule } from 'vitest/node';

/** Tells why tests were skipped, then prints `N passed, N failed, N skipped` alone on the last line, for readers that look for it there. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    const wanted = new Map<string, number>();
    for (const module of modules) {
      let failed = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') count.passed++;
        else if (result.state === 'failed') failed++;
        else {
          count.skipped++;
          const note = (result.state === 'skipped' && result.note) || `no reason given (${test.fullName})`;
          wanted.set(note, (wanted.get(note) ?? 0) + 1);
        }
      }
      // A file that failed to load has no failed test of its own.
      count.failed += !module.ok() && failed === 0 ? 1 : failed;
    }
    for (const [note, times] of wanted) console.log(`skipped ${times}: ${note}`);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
