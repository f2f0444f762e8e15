import { expect, test } from 'vitest';
import { outlineOf } from './outline.ts';

const FILE = `// +k8s:deepcopy-gen=package
package apples // import "example.io/apples"

import "fmt"
import (
	"net/http"
	str "strings"
	_ "embed"

	// Types of others.
	meta "example.io/meta/v1"
	"example.io/yaml.v2"
	. "example.io/dot"
)

// Apple is a fruit.
type Apple struct {
	meta.TypeMeta
	Seeds yaml.Node // func in a comment {
	Raw   []byte
}

func (a Apple) Peel(knife interface{ Cut() }, to func(x struct{}) error) (map[string]struct{}, error) {
	if str.Contains("}", \`}\`) { // }
		fmt.Println('{', "\\"}")
	}
	return nil, nil
}

func assembly(
	x int,
) (_ http.Handler)

func one() struct{} { return struct{}{} }

func commented() {
	// +k8s:of=nothing
}
type Below struct{}

func Map[K interface{ ~int }](k K) interface {
	Get() K
} {
	panic("}")
}

var descriptor = []byte{
	// 3 bytes of something
	0x1f, 0x8b, 0x08,
}

var text = \`
func no() {
	body
}
\`
`;

const nameOf = (path: string) => ({ fmt: 'fmt', 'net/http': 'http', 'example.io/yaml.v2': 'yaml' })[path];

test('bodies of functions go, and imports that only they use; lines keep their numbers', () => {
  const outline = outlineOf(FILE, nameOf);
  expect(outline?.imports).toEqual([
    'net/http',
    'example.io/meta/v1',
    'example.io/yaml.v2',
    'example.io/dot',
  ]);
  const lines = outline?.text.split('\n') ?? [];
  expect(lines).toHaveLength(FILE.split('\n').length);
  const kept = FILE.split('\n').map((line, i) => (line === lines[i] ? undefined : `${line} → ${lines[i]}`));
  expect(kept.filter((line) => line !== undefined)).toMatchInlineSnapshot(`
    [
      "import "fmt" → ",
      "	str "strings" → ",
      "	_ "embed" → ",
      "	if str.Contains("}", \`}\`) { // } → ",
      "		fmt.Println('{', "\\"}") → ",
      "	} → ",
      "	return nil, nil → ",
      "func one() struct{} { return struct{}{} } → func one() struct{} {}",
      "	panic("}") → ",
      "	// 3 bytes of something → ",
      "	0x1f, 0x8b, 0x08, → ",
    ]
  `);
});

test('an import whose package is called otherwise is kept unless its name is known', () => {
  const file = 'package a\n\nimport "example.io/go-yaml"\n\nfunc f() {\n\tyaml.Do()\n}\n';
  expect(outlineOf(file, () => undefined)?.imports).toEqual(['example.io/go-yaml']);
  expect(outlineOf(file, () => 'yaml')?.imports).toEqual([]);
});

test.each([
  ['a body', 'package a\n\nfunc f() {\n'],
  ['a string', 'package a\n\nvar s = "\n'],
  ['a comment', 'package a\n\n/* …\n'],
  ['a signature’s type', 'package a\n\nfunc f(x struct {\n'],
])('a file in which %s does not end has no outline', (_, text) => {
  expect(outlineOf(text, () => undefined)).toBeUndefined();
});

test('what follows an import block that is written unusually is left as it is', () => {
  const file = 'package a\n\nimport (\n\t"fmt"; "os"\n)\n\nfunc f() {\n\tfmt.Println(os.Args)\n}\n';
  expect(outlineOf(file, (path) => path)?.text).toBe(file);
});

test('functions, methods and variables that no generator asks for go, and imports that only they use', () => {
  const file = `package v1

import (
	"example.io/asked"
	"example.io/unasked"
)

var map_Pod = map[string]string{
	"": "A pod }", // of peas
}

var (
	SchemeGroupVersion = unasked.Version
	localSchemeBuilder = 1
)

var _, one = unasked.A(),
	unasked.B

// +k8s:of=something
func (m *Pod) Reset() { *m = Pod{} }
func (m *Pod) Size() (n int) { return 0 }

func SetDefaults_Pod(in *asked.Pod) {
	in.Size()
}

// String says it.
func (m *Pod) String() string {
	return unasked.Text(m)
}

type Pod struct{}
`;
  const isAsked = (name: string) => name.startsWith('SetDefaults_') || name === 'localSchemeBuilder';
  const outline = outlineOf(file, (path) => path.split('/')[1], isAsked);
  const lines = outline?.text.split('\n') ?? [];
  expect(lines).toHaveLength(file.split('\n').length);
  expect(lines.filter((line) => line !== '')).toEqual([
    'package v1',
    'import (',
    '\t"example.io/asked"',
    '\t"example.io/unasked"',
    ')',
    'var (',
    '\tSchemeGroupVersion = unasked.Version',
    '\tlocalSchemeBuilder = 1',
    ')',
    '// +k8s:of=something',
    // Its tag would belong to what follows.
    'func (m *Pod) Reset() {}',
    'func SetDefaults_Pod(in *asked.Pod) {',
    '}',
    '// String says it.',
    'type Pod struct{}',
  ]);
});
