import { expect, test } from 'vitest';
import { readModFile, readVendorList } from './modfile.ts';

test('reads directives and blocks of a go.mod file', () => {
  const file = readModFile(`module example.dev/a // the module
go 1.21
require (
	example.dev/b v1.2.3 // indirect
	"example.dev/c" v0.1.0
)
replace example.dev/b v1.2.3 => ../b
replace (
	example.dev/c => example.dev/d v2.0.0+incompatible
)
`);
  expect(file).toMatchObject({ module: 'example.dev/a', go: '1.21' });
  expect(file.require).toEqual([
    { path: 'example.dev/b', version: 'v1.2.3' },
    { path: 'example.dev/c', version: 'v0.1.0' },
  ]);
  expect(file.replace).toEqual([
    { path: 'example.dev/b', version: 'v1.2.3', newPath: '../b', newVersion: '' },
    { path: 'example.dev/c', version: '', newPath: 'example.dev/d', newVersion: 'v2.0.0+incompatible' },
  ]);
  expect(readModFile('go 1.22.0\nuse (\n\t.\n\t./staging/src/k8s.io/api\n)\n').use).toEqual([
    ...['.', './staging/src/k8s.io/api'],
  ]);
});

test('reads modules, their Go versions, packages and replacements of vendor/modules.txt', () => {
  const list = readVendorList(`## workspace
# example.dev/b v1.2.3 => ../b
## explicit; go 1.17
example.dev/b
example.dev/b/deep
# example.dev/c v0.1.0
example.dev/c
# example.dev/b => ../b
`);
  expect(list.isForWorkspace).toBe(true);
  expect(list.packages.get('example.dev/b/deep')).toMatchObject({
    ...{ path: 'example.dev/b', version: 'v1.2.3', goVersion: '1.17', explicit: true, newPath: '../b' },
  });
  expect(list.packages.get('example.dev/c')).toMatchObject({ version: 'v0.1.0', explicit: false });
  expect(list.modules.get('example.dev/b')).toMatchObject({ version: '', newPath: '../b' });
});
