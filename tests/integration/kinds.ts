/** A module with all that a package can be made of: assembler, C, an embedded file, tests inside and outside the package. */
export const KINDS: Readonly<Record<string, string>> = {
  'go.mod': 'module example.dev/kinds\n\ngo 1.16\n',
  'kubewright.yaml': `name: kinds
groups:
  programs:
    targets: [cmd/plain, cmd/native, test/both/both.test]
    platforms: [linux/amd64]
static: [plain]
version:
  packages: [example.dev/kinds/pkg/version]
`,
  'pkg/version/version.go':
    'package version\n\nvar gitVersion, gitCommit = "unset", "unset"\n\nfunc Get() string { return gitVersion + gitCommit }\n',
  'pkg/sum/sum.go': 'package sum\n\n// Of adds.\nfunc Of(a, b int64) int64\n',
  'pkg/sum/sum_amd64.s':
    '#include "textflag.h"\n\nTEXT ·Of(SB), NOSPLIT, $0-24\n\tMOVQ a+0(FP), AX\n\tADDQ b+8(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
  'pkg/sum/sum_arm64.s':
    '#include "textflag.h"\n\nTEXT ·Of(SB), NOSPLIT, $0-24\n\tMOVD a+0(FP), R0\n\tMOVD b+8(FP), R1\n\tADD R1, R0\n\tMOVD R0, ret+16(FP)\n\tRET\n',
  'pkg/letter/letter.txt': 'dear reader\n',
  'pkg/letter/letter.go':
    '//go:build go1.16\n// +build go1.16\n\npackage letter\n\nimport _ "embed"\n\n//go:embed letter.txt\nvar Text string\n',
  'pkg/letter/older.go':
    '//go:build !go1.16\n// +build !go1.16\n\npackage letter\n\nvar Text = "dear reader\\n"\n',
  'pkg/native/native.h': '#define THREE 3\n',
  'pkg/native/native.c': '#include "native.h"\n\nint three(void) { return THREE; }\n',
  'pkg/native/native.go':
    'package native\n\n// #cgo CFLAGS: -DUNUSED=1\n// int three(void);\nimport "C"\n\nfunc Three() int { return int(C.three()) }\n',
  'cmd/plain/main.go': main('"net/http"', 'println(http.StatusText(200))'),
  'cmd/native/main.go': main('"example.dev/kinds/pkg/native"', 'println(native.Three())'),
  'test/both/both.go': 'package both\n\nfunc Two() int { return 2 }\n',
  'test/both/user/user.go':
    'package user\n\nimport "example.dev/kinds/test/both"\n\nvar Four = 2 * both.Two()\n',
  'test/both/inside_test.go': 'package both\n\nimport "testing"\n\nfunc TestTwo(t *testing.T) {}\n',
  'test/both/outside_test.go':
    'package both_test\n\nimport (\n\t"testing"\n\n\t"example.dev/kinds/test/both/user"\n)\n\nfunc TestFour(t *testing.T) { _ = user.Four }\n\nfunc ExampleFour() {\n\t// Output:\n}\n',
};

function main(imports: string, body: string): string {
  const all = [
    imports,
    '"example.dev/kinds/pkg/letter"',
    '"example.dev/kinds/pkg/sum"',
    '"example.dev/kinds/pkg/version"',
  ];
  return `package main\n\nimport (\n\t${all.join('\n\t')}\n)\n\nfunc main() {\n\t${body}\n\tprintln(letter.Text, sum.Of(1, 2), version.Get())\n}\n`;
}

/** What go.mod may ask of a toolchain: from 1.21 on it names a minimum, and below 1.16 nothing may be embedded. */
export function languageOf(version: string): string {
  const [, minor = 0] = version.split('.').map(Number);
  return minor >= 16 ? '1.16' : `1.${minor}`;
}
