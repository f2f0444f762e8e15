import { expect, test } from 'vitest';
import { alternativesOf, numbersByName, parseControl, relationNames } from './debcontrol.ts';

test('fields keep their continuation lines', () => {
  const fields = parseControl('Package: a\nDescription: short\n long\n .\n more\nMulti-Arch: same\n');
  expect([...fields]).toEqual([
    ['Package', 'a'],
    ['Description', 'short\n long\n .\n more'],
    ['Multi-Arch', 'same'],
  ]);
});

test('relations are read for their names', () => {
  expect(relationNames('libc6 (<< 2.0), aa | bb [amd64], cc:any')).toEqual(['libc6', 'aa', 'bb', 'cc']);
  expect(relationNames(undefined)).toEqual([]);
});

test('what a postinst offers is read over several lines; words of the shell are no names', () => {
  const script = `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  update-alternatives --quiet --install /usr/bin/awk awk /usr/bin/mawk 5 \\
    --slave /usr/bin/nawk nawk /usr/bin/mawk
  update-alternatives --install /usr/bin/cc cc /usr/bin/gcc 20 \\
    #--slave /usr/share/man/man1/cc.1.gz cc.1.gz /usr/share/man/man1/gcc.1.gz
  update-alternatives --install "/usr/bin/x" x "/opt/$V/x" 1
  update-alternatives --remove-all old
fi`;
  expect(alternativesOf(script)).toEqual([
    {
      ...{ link: '/usr/bin/awk', name: 'awk', path: '/usr/bin/mawk', priority: 5 },
      slaves: [{ link: '/usr/bin/nawk', name: 'nawk', path: '/usr/bin/mawk' }],
    },
    { link: '/usr/bin/cc', name: 'cc', path: '/usr/bin/gcc', priority: 20, slaves: [] },
  ]);
});

test('numbers of users and groups', () => {
  expect([...numbersByName('root:*:0:0:root:/root:/bin/bash\nmail:*:8:\n\nbroken')]).toEqual([
    ['root', 0],
    ['mail', 8],
  ]);
});
