import { expect, test } from 'vitest';
import { declarationsOf } from './declarations.ts';

const FILE = `package apples

// Apple is a fruit. +k8s:deepcopy-gen=true
type Apple struct {
	Name string \`json:"name"\` // the "{" in a comment is no brace
}

func (a Apple) Peel(knife interface{}, to func(x struct{}) error) (map[string]struct{}, error) {
	if a.Name == "}" { // }
		return nil, nil
	}
	return nil, nil
}

func assembly(
	x int,
) int

var Colour = func() string { return '{' + "red" }()

const Ripe = true
`;

test('a body edit leaves the declarations alone', () => {
  const edited = FILE.replace('return nil, nil', 'for { break }').replace('"red"', '"green"');
  expect(edited).not.toBe(FILE);
  expect(declarationsOf(edited)).toBe(declarationsOf(FILE));
});

test.each([
  ['a generator tag', 'deepcopy-gen=true', 'deepcopy-gen=false'],
  ['a doc comment, which OpenAPI quotes', 'is a fruit', 'is a pome fruit'],
  ['a field', 'Name string', 'Name int'],
  ['a signature', 'knife interface{}', 'knife error'],
  ['what stands behind a function without body', 'Ripe = true', 'Ripe = false'],
])('%s is seen', (_, before, after) => {
  const edited = FILE.replace(before, after);
  expect(edited).not.toBe(FILE);
  expect(declarationsOf(edited)).not.toBe(declarationsOf(FILE));
});

test('a comment that stands for itself is no declaration, unless it holds a tag', () => {
  const plain = `${FILE}\n// Later: pears.\n`;
  expect(declarationsOf(plain)).toBe(declarationsOf(FILE));
  const between = FILE.replace('package apples\n', 'package apples\n\n// Fruit.\n// More fruit.\n');
  expect(declarationsOf(between)).toBe(declarationsOf(FILE));
  const tagged = `${FILE}\n// Later: pears.\n// +k8s:openapi-gen=true\n`;
  expect(declarationsOf(tagged)).not.toBe(declarationsOf(FILE));
});
