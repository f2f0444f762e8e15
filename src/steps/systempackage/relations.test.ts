import { expect, test } from 'vitest';
import { isRelation, parseRpmRelation, relationFor } from './relations.ts';

test.each([
  ['kubelet (>= 1.19.0)', 'kubelet >= 1.19.0'],
  ['libc6 (>> 2.28)', 'libc6 > 2.28'],
  ['socat', 'socat'],
])('%s in a deb is %s in an rpm, and the other way round', (deb, rpm) => {
  expect(relationFor('rpm', deb)).toBe(rpm);
  expect(relationFor('deb', rpm)).toBe(deb);
  expect([isRelation('deb', deb), isRelation('rpm', rpm)]).toEqual([true, true]);
});

test('alternatives and architectures of a deb stay as they are', () => {
  for (const text of ['aa | bb (>= 1:2.0~rc1)', 'python3:any', 'xz [amd64 !arm64]']) {
    expect(relationFor('deb', text)).toBe(text);
    expect(isRelation('deb', text)).toBe(true);
  }
});

test('names of files, capabilities and boolean dependencies of an rpm are names', () => {
  expect(parseRpmRelation('/bin/sh')).toEqual({ name: '/bin/sh' });
  expect(parseRpmRelation('libc.so.6()(64bit)')).toEqual({ name: 'libc.so.6()(64bit)' });
  expect(parseRpmRelation('(a if b)')).toEqual({ name: '(a if b)' });
});

test('what is no relation is refused', () => {
  for (const text of ['', 'Kube let', 'a (>= )', 'a >= 1 b']) expect(isRelation('deb', text)).toBe(false);
  for (const text of ['', 'a b', 'a >= 1 b', '>= 1']) expect(isRelation('rpm', text)).toBe(false);
});
