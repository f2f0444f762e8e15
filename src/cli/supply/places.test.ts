import { expect, test } from 'vitest';
import { rebuiltPlace, redirected } from './places.ts';

const OUTPUTS = [
  '<out>/release-images/oci/oci-layout',
  '<out>/release-images/oci/index.json',
  '<tree>/elsewhere/all.tar',
  '/srv/repository/apt/dists/stable/Release',
];

test('what a command wrote is written below the output directory of the rebuild', () => {
  const words = (...line: string[]) => redirected(line, OUTPUTS, '/scratch/out').slice(1);
  expect(words('image', '--oci', '_output/release-images/oci')).toEqual([
    '--oci',
    '/scratch/out/release-images/oci',
  ]);
  expect(words('image', 'press', '--save=../elsewhere/all.tar')).toEqual([
    'press',
    '--save',
    '/scratch/out/elsewhere/tree/elsewhere/all.tar',
  ]);
  expect(words('package', '--repository', '/srv/repository/apt/')).toEqual([
    '--repository',
    '/scratch/out/elsewhere/srv/repository/apt',
  ]);
  expect(words('sbom', '--output', '../../../etc')).toEqual(['--output', '/scratch/out/elsewhere/etc']);
});

test('images are sent to no registry and loaded into no engine again', () => {
  expect(redirected(['image', '--push', 'registry.example/x', '--load', '-p', 'all'], [], '/out')).toEqual([
    'image',
    '--oci',
    '/out/kubewright/sent',
    '-p',
    'all',
  ]);
  expect(redirected(['image', '--oci=x', '--push=registry.example/x'], [], '/out')).toEqual([
    'image',
    '--oci',
    '/out/elsewhere/x',
  ]);
});

test('a recorded output has one place, wherever it was', () => {
  expect(rebuiltPlace('<out>/local/bin/x', '/o')).toBe('/o/local/bin/x');
  expect(rebuiltPlace('<kubewright>/sent/index.json', '/o')).toBe('/o/kubewright/sent/index.json');
  expect(rebuiltPlace('/etc/../passwd', '/o')).toBe('/o/elsewhere/etc/passwd');
});
