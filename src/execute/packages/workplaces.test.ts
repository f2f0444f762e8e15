import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scratch } from '../../../tests/trees.ts';
import { realHost } from '../../host/host.ts';
import { Workplaces } from './workplaces.ts';

test('a directory is used again, and nothing of the work before is in it', () => {
  const places = new Workplaces(realHost(), scratch());
  const [one, other] = [places.take(), places.take()];
  expect(one).not.toBe(other);
  mkdirSync(`${one}/b001`, { recursive: true });
  for (const name of ['importcfg', 'b001/_cgo_gotypes.go']) writeFileSync(`${one}/${name}`, 'old');
  places.release(one);
  expect([readdirSync(one), places.take()]).toEqual([[], one]);
  // Work that failed before its directory was made.
  places.release(other);
  expect(places.take()).not.toBe(one);
});
