import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readDeclarations } from './declarations.ts';

test.each(['C', 'C.UTF-8'])(
  'what bash prints of any value is read back as it was, in locale %s',
  (locale) => {
    const values = [
      'plain',
      'two words',
      '',
      '"quoted"',
      "it's",
      '$HOME `id`',
      'back\\slash',
      'line\nfeed',
      ')',
      '[1]="x"',
      'дерево',
      '\t\u0007',
    ];
    const printed = execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        'LIST=("$@"); ONE=$8; declare -a NONE=(); declare -r ONE; declare -p LIST ONE NONE',
        'x',
        ...values,
      ],
      {
        encoding: 'utf8',
        env: { LC_ALL: locale },
      },
    );
    expect(readDeclarations(printed)).toEqual(
      new Map([
        ['LIST', values],
        ['ONE', ['line\nfeed']],
        ['NONE', []],
      ]),
    );
  },
);

test('the quoted form of older bash is read too', () => {
  expect(readDeclarations(`declare -ar LIST='([0]="a b" [1]="c")'\ndeclare -a BARE\n`)).toEqual(
    new Map([
      ['LIST', ['a b', 'c']],
      ['BARE', []],
    ]),
  );
});
