import { expect, test } from 'vitest';
import { type DebianOptions, readDebianBase } from './base.ts';
import { debianBaseText, parseDebianBase } from './request.ts';

test('a base of packages is written like an address, so that no image can have its name', () => {
  const request = parseDebianBase('debian://iptables,conntrack,iptables?essential=no');
  expect(request).toEqual({ packages: ['conntrack', 'iptables'], withEssential: false });
  expect(request && debianBaseText(request)).toBe('debian://conntrack,iptables?essential=no');
  expect(parseDebianBase('debian://')).toEqual({ packages: [], withEssential: true });
  expect(parseDebianBase('debian:bookworm')).toBeUndefined();
});

test('Debian has packages for Linux alone', async () => {
  const request = { packages: ['iptables'], withEssential: true };
  await expect(readDebianBase(request, 'windows/amd64', {} as DebianOptions)).rejects.toMatchObject({
    diagnostics: [{ code: 'image/base-other-platform' }],
  });
});
