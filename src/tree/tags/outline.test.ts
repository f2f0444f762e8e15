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
