/** Environment variables in force, and those among them that will do harm. */
import type { Host } from '../../host/host.ts';
import { withoutPassword } from '../../host/network-problem.ts';
import { userEnvFile, valueIn } from '../../toolchain/settings.ts';
import { type Check, lacking } from './check.ts';

const NAMES =
  /^(KUBE_.*|KUBEWRIGHT_.*|GO[A-Z0-9]+|GO_VERSION|FORCE_HOST_GO|CGO_.*|CC|CXX|GCC|WHAT|DBG|SOURCE_DATE_EPOCH|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY|DOCKER_.*|CONTAINER_HOST|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/;
const SECRET = /(TOKEN|PASSWORD|SECRET|AUTH)/;

/** The variables that change what kubewright does, sorted; passwords in addresses are hidden. */
export function variablesInForce(host: Host): Record<string, string> {
  const set = Object.entries(host.environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && NAMES.test(entry[0]),
  );
  const shown = set.map(
    ([name, value]) => [name, SECRET.test(name) ? '***' : withoutPassword(value)] as const,
  );
  return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Settings that stop or mislead an older Go, or that the tree's own scripts would trip over. */
export async function checkVariables(host: Host, goVersion: string | undefined): Promise<Check[]> {
  if (goVersion === undefined) return [];
  const { cleanGoFlags } = await import('../../steps/compile/goflags.ts');
  const checks: Check[] = [];
  const own = cleanGoFlags(host.environment['GOFLAGS'] ?? '', goVersion).diagnostics[0];
  if (own) checks.push(lacking('warning', 'GOFLAGS', own.what, own.help));
  const file = userEnvFile(host);
  const text = file === undefined ? undefined : host.files.readTextIfAny(file);
  const kept = text === undefined ? undefined : valueIn(text, 'GOFLAGS');
  const unknown = kept ? cleanGoFlags(kept, goVersion).diagnostics[0] : undefined;
  if (file !== undefined && unknown && host.environment['GOENV'] !== 'off') {
    const found = `${file} holds ${kept}, at which Go ${goVersion} stops; kubewright runs Go without that file`;
    const remedy = 'nothing for kubewright; for the tree’s own scripts: export GOENV=off';
    checks.push(lacking('warning', 'Go env file', found, remedy));
  }
  return checks;
}
