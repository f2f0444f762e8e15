import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { hostWith, scratch } from '../../../tests/trees.ts';
import { TreeReader } from '../reader.ts';
import { kindElsewhere } from './elsewhere.ts';

function readerOf(files: Readonly<Record<string, string>>): TreeReader {
  const root = scratch('scripts');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return new TreeReader(hostWith(), root);
}

test('1.27 on: a function of the one script, and exactly one protoc', () => {
  const reader = readerOf({
    'hack/update-codegen.sh': 'function codegen::protobuf() {\n}\nfunction codegen::clients() {\n}\n',
    'hack/lib/protoc.sh': 'PROTOC_VERSION=23.4\n',
  });
  expect(kindElsewhere(reader, 'protobuf')).toMatchObject({
    command: 'hack/update-codegen.sh protobuf',
    protoc: '23.4',
    where: { line: 1 },
  });
  expect(kindElsewhere(reader, 'clients')?.command).toBe('hack/update-codegen.sh clients');
  expect(kindElsewhere(reader, 'client')?.command).toBe('hack/update-codegen.sh clients');
});

test('1.7 to 1.26: scripts of their own, any protoc of a line', () => {
  const reader = readerOf({
    'hack/update-generated-protobuf.sh': '',
    'hack/update-codegen.sh': '',
    'hack/lib/protoc.sh': 'if [[ "$(protoc --version)" != "libprotoc 3."* ]]; then\n',
  });
  expect(kindElsewhere(reader, 'protobuf')).toMatchObject({
    command: 'hack/update-generated-protobuf.sh',
    protoc: '3.',
  });
  expect(kindElsewhere(reader, 'lister')?.command).toBe('hack/update-codegen.sh');
  expect(kindElsewhere(reader, 'swagger')).toBeUndefined();
  expect(kindElsewhere(reader, 'deepcopies')).toBeUndefined();
});
