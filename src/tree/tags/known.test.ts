import { expect, test } from 'vitest';
import { printDiagnostic } from '../../diagnostic/printer.ts';
import { checkTags } from './known.ts';
import { readTags } from './tag.ts';

function letters(file: string, text: string): string[] {
  return checkTags(file, readTags(text), () => text.split('\n')).map((one) => printDiagnostic(one, false));
}

test('a value that no generator takes is underlined, with those that it takes', () => {
  expect(letters('pkg/a/doc.go', '// +k8s:deepcopy-gen=generate\npackage a\n')).toEqual([
    `error generate/tag-value: +k8s:deepcopy-gen does not take the value generate
  pkg/a/doc.go:1:4
  1 │ // +k8s:deepcopy-gen=generate
    │    ~~~~~~~~~~~~~~~~~~~~~~~~~~ unknown value
  why: it takes \`package\` in doc.go, \`true\` or \`false\` at a type
  help: correct the value; the outputs that depend on it are left as they are until then`,
  ]);
});

test('a package tag outside doc.go has no effect', () => {
  expect(letters('pkg/a/types.go', '// +k8s:openapi-gen=true\n\npackage a\n')).toEqual([
    `warning generate/tag-misplaced: the tag +k8s:openapi-gen above the package clause counts in doc.go only
  pkg/a/types.go:1:4
  1 │ // +k8s:openapi-gen=true
    │    ~~~~~~~~~~~~~~~~~~~~~ has no effect in this file
  why: generators take package comments from doc.go alone; upstream’s scan still picks the directory
  help: move the line into the package comment of doc.go beside this file`,
  ]);
});

test.each([
  ['a slip of a key', 'doc.go', '// +k8s:deepcpy-gen=package\npackage a\n', 'generate/tag-unknown'],
  [
    'a package’s tag at a type',
    'doc.go',
    'package a\n\n// +k8s:conversion-gen-external-types=a/b\ntype A int\n',
    'generate/tag-misplaced',
  ],
  [
    'two deepcopy tags',
    'doc.go',
    '// +k8s:deepcopy-gen=package\n// +k8s:deepcopy-gen=package\npackage a\n',
    'generate/tag-value',
  ],
  [
    'a patch version',
    'types.go',
    'package a\n\n// +k8s:prerelease-lifecycle-gen:introduced=1.20.1\ntype A int\n',
    'generate/tag-value',
  ],
])('%s', (_, file, text, code) => {
  expect(letters(`pkg/a/${file}`, text)).toEqual([expect.stringContaining(`${code}: `)]);
});

test.each([
  [
    '// +k8s:deepcopy-gen=package,register\n// +k8s:defaulter-gen=TypeMeta\n// +k8s:conversion-gen=false\npackage a\n',
  ],
  ['// +k8s:deprecated=x,protobuf=3\npackage a\n'],
  [
    'package a\n\n// +k8s:prerelease-lifecycle-gen:replacement=apps,v1,Deployment\n// +genclient:noStatus\ntype A int\n',
  ],
])('%j is in order', (text) => {
  expect(letters('pkg/a/doc.go', text)).toEqual([]);
});
