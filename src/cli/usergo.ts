/** What the user keeps with `go env -w`, read as a file: no Go is needed, and nothing of it is run. */
import type { Host } from '../host/host.ts';
import { userEnvFile } from '../toolchain/settings.ts';

export function userGoSettings(host: Host): Record<string, string> {
  const file = userEnvFile(host);
  const text = file === undefined ? undefined : host.files.readTextIfAny(file);
  const lines = text?.split('\n').filter((line) => /^[A-Z][A-Z0-9_]*=/.test(line)) ?? [];
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  );
}
