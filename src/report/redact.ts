/** Takes secrets out of Events before any reporter sees them: what is shown or kept must be safe to pass on. */
import type { Event } from './events.ts';

const MASK = '***';

/** `KEY` counts as a word of its own only: MONKEY and KEYBOARD are no secrets. */
const SECRET_NAME = /TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|(?:^|_)(?:API|ACCESS|PRIVATE)?KEYS?(?:_|$)/i;
/** These hold where a secret lies, not the secret. */
const PLACE_NAME = /_(?:FILE|PATH|DIR|DIRECTORY)$/i;
/** Shorter values (`1`, `yes`) would mask innocent text. */
const SHORTEST_VALUE = 6;

const USER_INFORMATION =
  /\b((?:https?|ftp):\/\/)[^\s/"'`<>]+@|\b([a-z][a-z0-9+.-]*:\/\/)[^\s/"'`<>@:]*:[^\s/"'`<>]*@/gi;
/** Written as the environment is, so that `key == value` in a line of Go stays as it is. */
const ASSIGNMENT = /\b([A-Z_][A-Z0-9_]*)=(?!=)([^\s"',;]+)/g;

/** Whether a variable of this name is taken to hold a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PLACE_NAME.test(name);
}

/** Makes the function that masks secrets of this environment, user information of URLs, and `NAME=secret` words. */
export function makeRedactor(
  environment: Readonly<Record<string, string | undefined>>,
): (event: Event) => Event {
  const secrets = Object.entries(environment)
    .filter(([name, value]) => isSecretName(name) && (value?.length ?? 0) >= SHORTEST_VALUE)
    .map(([, value]) => value as string)
    // A secret that holds another one goes first, else its rest would stay readable.
    .sort((a, b) => b.length - a.length);
  const redactText = (text: string): string => {
    let safe = text;
    for (const secret of secrets) if (safe.includes(secret)) safe = safe.replaceAll(secret, MASK);
    if (safe.includes('://')) safe = safe.replace(USER_INFORMATION, `$1$2${MASK}@`);
    if (safe.includes('='))
      safe = safe.replace(ASSIGNMENT, (word, name: string) =>
        isSecretName(name) ? `${name}=${MASK}` : word,
      );
    return safe;
  };
  // One look at the whole spares the walk through a thousand Events that hold nothing: a no-op has no time for it.
  const marks = [
    '://',
    '=',
    '"environment"',
    ...secrets.map((secret) => JSON.stringify(secret).slice(1, -1)),
  ];
  return (event) => {
    const text = JSON.stringify(event);
    return marks.some((mark) => text.includes(mark)) ? (redactMembers(event, redactText) as Event) : event;
  };
}

function redactMembers(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => redactMembers(item, redactText));
  const safe: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    safe[name] =
      name === 'environment' ? redactEnvironment(member, redactText) : redactMembers(member, redactText);
  }
  return safe;
}

function redactEnvironment(environment: unknown, redactText: (text: string) => string): unknown {
  const variables = Object.entries((environment ?? {}) as Record<string, string>);
  return Object.fromEntries(
    variables.map(([name, value]) => [name, isSecretName(name) && value !== '' ? MASK : redactText(value)]),
  );
}
