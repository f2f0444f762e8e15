import { describe, expect, test } from 'vitest';
import type { Event, EventBody } from './events.ts';
import { isSecretName, makeRedactor } from './redact.ts';

const at = { seq: 1, at: 0, time: '2026-11-21T05:19:36.000Z' };

function redacted(body: EventBody, environment: Record<string, string> = {}): Event {
  return makeRedactor(environment)({ ...at, ...body });
}

function lineOf(line: string, environment: Record<string, string> = {}): string {
  const event = redacted({ type: 'step-output', step: 's', line }, environment);
  return event.type === 'step-output' ? event.line : '';
}

describe('names', () => {
  test.each([
    'GITHUB_TOKEN',
    'npm_token',
    'DB_PASSWORD',
    'CLIENT_SECRET',
    'API_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'KEY',
    'SIGNING_KEYS',
  ])('%s holds a secret', (name) => expect(isSecretName(name)).toBe(true));
  test.each(['MONKEY', 'KEYBOARD', 'GOFLAGS', 'SSH_AUTH_SOCK', 'TOKEN_FILE', 'PATH', 'GOPROXY'])(
    '%s does not',
    (name) => expect(isSecretName(name)).toBe(false),
  );
});

test('the environment of a command keeps its names and loses its secrets', () => {
  const event = redacted({
    ...{ type: 'command-started', id: 1, steps: [], argv: ['go', 'build'], workingDirectory: '/t', pid: 7 },
    environment: {
      GOFLAGS: '-mod=vendor',
      GIT_TOKEN: 'abcdef',
      EMPTY_TOKEN: '',
      GOPROXY: 'https://ada:pw@mirror.test/go,direct',
    },
  });
  expect(event).toMatchObject({
    environment: {
      GOFLAGS: '-mod=vendor',
      GIT_TOKEN: '***',
      EMPTY_TOKEN: '',
      GOPROXY: 'https://***@mirror.test/go,direct',
    },
  });
});

test('a secret of our own environment is masked wherever it turns up, and a longer one as a whole', () => {
  const environment = { DEPLOY_TOKEN: 's3cr3t-value', OLD_TOKEN: 's3cr3t' };
  expect(lineOf('sent s3cr3t-value and s3cr3t', environment)).toBe('sent *** and ***');
  expect(lineOf('yes, one', { SOME_TOKEN: 'yes' })).toBe('yes, one');
});

test('user information of addresses is masked, with or without a password', () => {
  expect(lineOf('get https://ada:p@ss@mirror.test/x')).toBe('get https://***@mirror.test/x');
  expect(lineOf('get https://ghp_abc@git.test/x')).toBe('get https://***@git.test/x');
  expect(lineOf('clone ssh://git@git.test/x')).toBe('clone ssh://git@git.test/x');
  expect(lineOf('read https://docs.test/a@b')).toBe('read https://docs.test/a@b');
});

test('NAME=secret is masked in words, and a comparison in Go is left alone', () => {
  expect(lineOf('kw make all API_TOKEN=abc WHAT=cmd/kubectl')).toBe(
    'kw make all API_TOKEN=*** WHAT=cmd/kubectl',
  );
  expect(lineOf('if KEY==nil || key=value {')).toBe('if KEY==nil || key=value {');
});

test('a Diagnostic is looked through, down to its locations', () => {
  const event = redacted({
    type: 'diagnostic',
    diagnostic: {
      ...{
        code: 'network/failed',
        severity: 'error',
        what: 'https://a:b@m.test failed',
        help: 'see https://a:b@m.test',
      },
      where: [{ file: 'kubewright.yaml', line: 1, text: 'proxy: https://a:b@m.test' }],
    },
  });
  expect(JSON.stringify(event)).not.toContain('a:b@');
});

test('a secret that JSON writes with escapes is found too', () => {
  const secret = 'quote" back\\ and\nline';
  expect(lineOf(`got ${secret}!`, { DEPLOY_TOKEN: secret })).toBe('got ***!');
});
