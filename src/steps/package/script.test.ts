import { expect, test } from 'vitest';
import { parseScript, unquoteWords } from './script.ts';

/** As Go 1.15 prints: heredocs for files, a trial of the C compiler, quoted words. */
const OLDER = `
#
# example.dev/fruit
#

mkdir -p $WORK/b002/
cat >$WORK/b002/importcfg << 'EOF' # internal
# import config
packagefile fmt=$WORK/b003/_pkg_.a
EOF
cd /tree/with blanks/fruit
gcc -gno-record-gcc-switches -c -x c - -o /dev/null || true
/go/pkg/tool/linux_amd64/compile -o $WORK/b002/_pkg_.a -trimpath "$WORK/b002=>" -p example.dev/fruit -D "" -importcfg $WORK/b002/importcfg -pack -c=2 ./fruit.go
/go/pkg/tool/linux_amd64/buildid -w $WORK/b002/_pkg_.a # internal
mkdir -p $WORK/b001/
cat >$WORK/b001/_gomod_.go << 'EOF' # internal
package main
	EOF
cat >$WORK/b001/importcfg.link << 'EOF' # internal
packagefile example.dev/cmd/pick=$WORK/b001/_pkg_.a
packagefile example.dev/fruit=$WORK/b002/_pkg_.a
EOF
cd .
GOROOT_FINAL='go' /go/pkg/tool/linux_amd64/link -o $WORK/b001/exe/a.out -importcfg $WORK/b001/importcfg.link -buildmode=exe -X "a.b=c d" $WORK/b001/_pkg_.a
mv $WORK/b001/exe/a.out /tmp/x
`;

/** As Go 1.26 prints: echo for short files, `go tool` for what is not prebuilt. */
const NEWER = `mkdir -p $WORK/b002/
echo -n > $WORK/b002/go_asm.h # internal
echo '# import config' > $WORK/b002/importcfg # internal
cd /tree
/go/pkg/tool/linux_amd64/compile -o $WORK/b002/_pkg_.a -p example.dev/fruit -importcfg $WORK/b002/importcfg ./fruit/fruit.go
go tool pack r $WORK/b002/_pkg_.a $WORK/b002/fruit.o # internal
`;

test('finds the commands of each package, with their directory', () => {
  const { packages } = parseScript(OLDER);
  expect([...packages.keys()]).toEqual(['b002', 'b001']);
  const [command, ...others] = packages.get('b002')?.commands ?? [];
  expect(others).toEqual([]);
  expect(command?.workingDirectory).toBe('/tree/with blanks/fruit');
  expect(command?.argv.slice(3, 9)).toEqual([
    '-trimpath',
    '$WORK/b002=>',
    '-p',
    'example.dev/fruit',
    '-D',
    '',
  ]);
});

test('tells files from commands, to the last character', () => {
  const { packages, links } = parseScript(OLDER);
  expect(packages.get('b001')?.files.get('_gomod_.go')).toBe('package main\n\t');
  expect(links.get('b001')?.files.get('importcfg.link')?.split('\n')).toHaveLength(3);
});

test('keeps the variables in front of a command apart from it', () => {
  const [link] = parseScript(OLDER).links.get('b001')?.commands ?? [];
  expect(link?.environment).toEqual({ GOROOT_FINAL: 'go' });
  expect(link?.argv.slice(-3)).toEqual(['-X', 'a.b=c d', '$WORK/b001/_pkg_.a']);
});

test('reads the shorter forms of newer releases', () => {
  const part = parseScript(NEWER).packages.get('b002');
  expect(part?.files.get('importcfg')).toBe('# import config\n');
  expect(part?.files.get('go_asm.h')).toBe('');
  expect(part?.commands.map(({ argv }) => argv[0]?.split('/').at(-1))).toEqual(['compile', 'pack']);
});

test('splits words as go joins them', () => {
  expect(unquoteWords(String.raw`a "b c" d='e f' "\"g\"\t\u00e9" ""`)).toEqual([
    'a',
    'b c',
    'd=e f',
    '"g"\té',
    '',
  ]);
});
