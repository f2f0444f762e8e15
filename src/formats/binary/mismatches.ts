/** Holds a finished program against what was asked for: the last look before it is called built. */
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import { atLeast } from '../goversion.ts';
import type { BinaryFacts } from './binary.ts';

export interface ExpectedBinary {
  readonly platform: Platform;
  /** `1.21.13`, with or without `go` in front. */
  readonly goVersion: string;
  readonly linkage: 'static' | 'dynamic' | 'any';
  /** Whether symbols and DWARF were to be left out (-s -w); undefined: either is right. */
  readonly stripped: boolean | undefined;
  /** Variables and their values: one that is found with another value is wrong; one that is not found is not. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** One Diagnostic for each thing that is not as asked, none for a good program. */
export function mismatches(facts: BinaryFacts, expected: ExpectedBinary, file: string): Diagnostic[] {
  const found = [platform, goVersion, linkage, stripped].map((compare) => compare(facts, expected));
  return [...found, ...variables(facts, expected)]
    .filter((one) => one !== undefined)
    .map(({ is, wanted, help }) =>
      error('build/output-wrong', {
        what: `${file} ${is}, and ${wanted} was asked for`,
        why: 'every program is read back after it is linked, so that a wrong one does not travel on',
        help,
      }),
    );
}

interface Mismatch {
  readonly is: string;
  readonly wanted: string;
  readonly help: string;
}

type Compare = (facts: BinaryFacts, expected: ExpectedBinary) => Mismatch | undefined;

const platform: Compare = ({ os, arch }, expected) => {
  const wanted = splitPlatform(expected.platform);
  if (arch === wanted.arch && sameSystem(os, wanted.os)) return undefined;
  return {
    is: `is a program for ${os}/${arch}`,
    wanted: expected.platform,
    help: 'look for GOOS, GOARCH or -o in GOFLAGS and in the flags that you passed; if there is none, report it with kubewright inspect’s answer',
  };
};

/** Headers alone cannot tell these apart; Go 1.18 and newer names the system itself. */
const ALIKE = [
  ['linux', 'android'],
  ['solaris', 'illumos'],
  ['darwin', 'ios'],
];

function sameSystem(a: string, b: string): boolean {
  return a === b || ALIKE.some((names) => names.includes(a) && names.includes(b));
}

const goVersion: Compare = ({ goVersion: found }, expected) => {
  const wanted = expected.goVersion.replace(/^go/, '');
  // Before Go 1.13 a stripped program does not name it.
  const version = found?.replace(/^go/, '').split(' ')[0];
  if (version === undefined || version === wanted) return undefined;
  return {
    is: `was made by ${found}`,
    wanted: `go${wanted}`,
    help: 'look for GOTOOLCHAIN and GOROOT in the environment and for a toolchain line in go.mod; kubewright doctor shows them',
  };
};

/** Elsewhere than on Linux Go's own runtime calls the system through its libraries, cgo or not. */
const linkage: Compare = (facts, expected) => {
  const { linkage: wanted } = expected;
  if (wanted === 'any' || splitPlatform(expected.platform).os !== 'linux') return undefined;
  if (facts.format !== 'elf' || facts.linkage === wanted) return undefined;
  const needs = facts.libraries.length > 0 ? ` (needs ${facts.libraries.join(', ')})` : '';
  return {
    is: `is linked ${facts.linkage === 'static' ? 'statically' : `dynamically${needs}`}`,
    wanted: `a ${wanted} one`,
    help:
      wanted === 'static'
        ? 'look for CGO_ENABLED, -buildmode=pie and -linkmode=external in the environment and the flags; or take it off the tree’s list of static binaries'
        : 'look for CGO_ENABLED=0 in the environment; a program that imports no C is static whatever is asked',
  };
};

/** Up to Go 1.21 the linker kept the symbols of Mach-O whatever -s said (release notes of Go 1.22, "Linker"). */
function keepsSymbols({ format, goVersion: version }: BinaryFacts): boolean {
  return format === 'macho' && !(version && atLeast(version, '1.22'));
}

const stripped: Compare = (facts, expected) => {
  if (expected.stripped === undefined) return undefined;
  const left = [
    facts.stripped || keepsSymbols(facts) ? [] : ['a symbol table'],
    facts.dwarf ? ['DWARF'] : [],
  ].flat();
  if (expected.stripped) {
    if (left.length === 0) return undefined;
    return {
      is: `carries ${left.join(' and ')}`,
      wanted: 'a stripped one (-s -w)',
      help: 'look for other -ldflags in GOFLAGS: the last ones win',
    };
  }
  if (!facts.stripped) return undefined;
  return {
    is: 'has no symbol table',
    wanted: 'one with symbols',
    help: 'look for -s in -ldflags and GOLDFLAGS',
  };
};

function variables(facts: BinaryFacts, expected: ExpectedBinary): Mismatch[] {
  return Object.entries(expected.variables ?? {}).flatMap(([name, wanted]) => {
    const found = facts.variables[name];
    if (found === undefined || found === wanted) return [];
    return {
      is: `has ${JSON.stringify(found)} in ${name}`,
      wanted: JSON.stringify(wanted),
      help: 'look for -X in your own -ldflags and GOLDFLAGS: the last one wins; --stamp link has the linker write the version',
    };
  });
}
