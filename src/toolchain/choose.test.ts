import { describe, expect, test } from 'vitest';
import { NO_CONFIG } from '../config/config.ts';
import { printDiagnostic } from '../diagnostic/printer.ts';
import type { Fact, Tree } from '../tree/tree.ts';
import { chooseGoVersion } from './choose.ts';

const AVAILABLE = [
  '1.4.3',
  '1.8.3',
  '1.9',
  '1.13.1',
  '1.14.15',
  '1.15.2',
  '1.15.15',
  '1.21.6',
  '1.21.13',
  '1.22.0',
  '1.26rc1',
];

function fact(value: string, file: string, line: number, text: string): Fact<string> {
  const column = text.indexOf(value) + 1;
  return { value, source: 'parsed', where: { file, line, column, length: value.length, text } };
}

const MINIMUM = fact('1.15.0', 'hack/lib/golang.sh', 499, '  minimum_go_version=go1.15.0');
const CROSS = fact('1.15.5', 'build/build-image/cross/VERSION', 1, 'v1.15.5-1');
const PIN = fact('1.21.7', '.go-version', 1, '1.21.7');

function tree(facts: Partial<Tree>): Tree {
  return facts as Tree;
}

function choice(facts: Partial<Tree>, asked?: string, available: readonly string[] = AVAILABLE) {
  const result = chooseGoVersion(tree(facts), NO_CONFIG, asked, available);
  return {
    version: result.ok ? result.value.version : undefined,
    because: result.ok ? result.value.because : undefined,
    printed: result.diagnostics.map((diagnostic) => printDiagnostic(diagnostic)).join('\n'),
  };
}

describe('choosing a Go', () => {
  test('a tree of 1.20 gets the newest patch of its cross image’s Go', () => {
    expect(choice({ minimumGo: MINIMUM, crossImageGo: CROSS })).toEqual({
      version: '1.15.15',
      because: 'newest patch of 1.15, the Go of the tree’s cross image (1.15.5)',
      printed: '',
    });
  });

  test('an exact pin is taken exactly', () => {
    expect(choice({ pinnedGo: PIN, crossImageGo: CROSS }, undefined, [...AVAILABLE, '1.21.7'])).toEqual({
      version: '1.21.7',
      because: 'pinned by .go-version',
      printed: '',
    });
  });

  test('a pin that cannot be had becomes the newest patch of its minor, said aloud', () => {
    const { version, printed } = choice({ pinnedGo: PIN });
    expect(version).toBe('1.21.13');
    expect(printed).toBe(
      [
        'warning toolchain/nearest: Go 1.21.7 cannot be had here, so Go 1.21.13 is used instead',
        '  .go-version:1:1',
        '  1 │ 1.21.7',
        '    │ ~~~~~~',
        '  why: wanted: pinned by .go-version; another compiler gives other bytes',
        '  help: put Go 1.21.7 into a directory named by toolchain.directories or KUBEWRIGHT_TOOLCHAINS, or accept this one with --toolchain=1.21.13',
      ].join('\n'),
    );
  });

  test('a minor that is nowhere becomes the next newer minor, at its newest patch', () => {
    const cross = fact('1.12.12', 'build/build-image/cross/Dockerfile', 1, 'FROM golang:1.12.12');
    const { version, printed } = choice({ crossImageGo: cross });
    expect(version).toBe('1.13.1');
    expect(printed).toContain(
      'warning toolchain/nearest: Go 1.12 cannot be had here, so Go 1.13.1 is used instead',
    );
  });

  test('versions are compared as numbers: 1.9 is older than 1.15', () => {
    const { version, printed } = choice({ minimumGo: MINIMUM, crossImageGo: CROSS }, '1.9.0');
    expect(version).toBeUndefined();
    expect(printed).toBe(
      [
        'error toolchain/go-too-old: this tree needs Go 1.15.0 or newer, and Go 1.9.0 is asked for on the command line or in the environment',
        '  hack/lib/golang.sh:499:24',
        '  499 │   minimum_go_version=go1.15.0',
        '      │                        ~~~~~~ required here',
        '  why: an older Go does not know what the tree’s code uses',
        '  help: leave the choice to the tree, or use a newer one: --toolchain=1.15',
      ].join('\n'),
    );
  });

  test('the nearest version never falls below the minimum', () => {
    const minimum = fact('1.15.14', 'hack/lib/golang.sh', 1, '1.15.14');
    expect(
      choice({ minimumGo: minimum, pinnedGo: { ...PIN, value: '1.15.14' } }, undefined, ['1.15.2', '1.21.6'])
        .version,
    ).toBe('1.21.6');
  });

  test('a person who asks for a minor gets its newest patch, and never a release candidate beside a release', () => {
    expect(choice({}, '1.15').version).toBe('1.15.15');
    expect(choice({}, 'go1.15.2').version).toBe('1.15.2');
    expect(choice({}).version).toBe('1.22.0');
  });

  test('a go.mod decides for a tree that states nothing else', () => {
    const goMod = { go: fact('1.21', 'go.mod', 3, 'go 1.21') };
    const result = chooseGoVersion(tree({}), NO_CONFIG, undefined, AVAILABLE, goMod);
    expect(result).toMatchObject({
      ok: true,
      value: { version: '1.21.13', because: 'newest patch of 1.21, the go line of go.mod (1.21)' },
    });
  });

  test('a word that is no version is told where it was written', () => {
    const where = { file: 'kubewright.yaml', line: 4, column: 7, length: 6, text: '  go: newest' };
    const config = { locate: () => where, toolchain: { go: 'newest' } };
    const result = chooseGoVersion(tree({}), config, undefined, AVAILABLE);
    expect(result.diagnostics.map((diagnostic) => printDiagnostic(diagnostic))).toEqual([
      [
        'error request/invalid: "newest" is no Go version',
        '  kubewright.yaml:4:7',
        '  4 │   go: newest',
        '    │       ~~~~~~',
        '  help: write a version (1.21.7), a minor (1.21), or the absolute path of a GOROOT',
      ].join('\n'),
    ]);
  });

  test('when only older ones are to be had, the newest of them is named', () => {
    const { printed } = choice({ minimumGo: { ...MINIMUM, value: '1.30' } });
    expect(printed).toContain(
      'error toolchain/not-available: Go 1.30 cannot be had, nor a newer one (the tree needs 1.30 or newer)',
    );
    expect(printed).toContain('why: the newest that was found is Go 1.26rc1');
  });
});
