import { expect, test } from 'vitest';
import { printDiagnostic } from '../../diagnostic/printer.ts';
import { isPackageName, readGoErrors } from './errors.ts';

const CONTEXT = {
  targetsOf: (name: string) => (name.endsWith('/peel') ? ['apple linux/amd64', 'pear linux/amd64'] : []),
  locate: (path: string, line: number) => ({ file: `staging/${path}`, text: `	line ${line}` }),
};

test('each package that fails is one letter, with its own places and the targets it stops', () => {
  const output = `# example.dev/peel
pkg/peel/peel.go:3:2: undefined: knife
pkg/peel/peel.go:7:12: too many arguments
# example.dev/peel
pkg/peel/peel.go:3:2: undefined: knife
# example.dev/core
core/core.go:1:1: syntax error: unexpected }`;
  expect(
    readGoErrors(output, CONTEXT)
      .map((d) => printDiagnostic(d))
      .join('\n'),
  ).toBe(
    `error build/compile-failed: example.dev/peel does not compile: undefined: knife
  staging/pkg/peel/peel.go:3:2
  3 │  line 3
    │  ~ undefined: knife
  staging/pkg/peel/peel.go:7:12
  7 │  line 7
    │            ~ too many arguments
  help: mend the place above and build again; it stops apple linux/amd64, pear linux/amd64
error build/compile-failed: example.dev/core does not compile: syntax error: unexpected }
  staging/core/core.go:1:1
  1 │  line 1
    │ ~ syntax error: unexpected }
  help: mend the place above and build again`,
  );
});

test('what go says outside a package is kept whole', () => {
  const [diagnostic] = readGoErrors('go: cannot find main module\n', CONTEXT);
  expect(diagnostic?.what).toBe('go: cannot find main module');
});

test('tells the names of compiled packages from messages', () => {
  expect(['k8s.io/api/core/v1', 'fmt', 'a-b.io/x_y'].every(isPackageName)).toBe(true);
  expect(['# k8s.io/api', 'x.go:3: bad', 'go: downloading x', './x.go'].some(isPackageName)).toBe(false);
});
