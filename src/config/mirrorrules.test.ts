import { expect, test } from 'vitest';
import { mirrorRules, registryMirrors, rewritten } from './mirrorrules.ts';

const RULES = mirrorRules(
  [
    { from: 'k8s.gcr.io', to: 'registry.corp.example/k8s/' },
    { from: 'http://debian.example/debian', to: 'https://mirror.corp.example/debian' },
    { from: 'http://debian.example/debian-security', to: 'https://mirror.corp.example/security' },
  ],
  { KUBEWRIGHT_MIRRORS: 'k8s.gcr.io=127.0.0.1:5000, https://proxy.example=file:///srv/go' },
);

test('one setting speaks of registries and of addresses; the environment comes first', () => {
  expect(registryMirrors(RULES)).toEqual({ 'k8s.gcr.io': ['127.0.0.1:5000', 'registry.corp.example/k8s'] });
});

test('an address is rewritten where a whole part of its path ends', () => {
  expect(rewritten('deb http://debian.example/debian bookworm main', RULES)).toBe(
    'deb https://mirror.corp.example/debian bookworm main',
  );
  expect(rewritten('URIs: http://debian.example/debian-security/', RULES)).toBe(
    'URIs: https://mirror.corp.example/security/',
  );
  expect(rewritten('https://proxy.example,direct', RULES)).toBe('file:///srv/go,direct');
  expect(rewritten('https://proxy.example.org', RULES)).toBe('https://proxy.example.org');
});
