/** C compilers for cgo cross builds (spec local-build 8), as the tree names them and the user overrides them. */
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import type { Tree } from '../tree.ts';

type CrossCompilers = Tree['crossCompilers'];
type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the platform cases (and the if-chains of 1.2) that set CC in hack/lib/golang.sh. */
export function kubernetesCrossCompilers(reader: TreeReader, environment: Environment): CrossCompilers {
  const text = liveText(reader, 'hack/lib/golang.sh');
  const byPlatform: Record<Platform, string> = {};
  let platform: Platform | undefined;
  for (const line of text.split('\n')) {
    const label = line.match(/^\s*"(\w+\/\w+)"\)|\$\{?platform\}? == "(\w+\/\w+)"/);
    if (label) platform = (label[1] ?? label[2]) as Platform;
    const compiler = line.match(/\bCC="?(?:\$\{\w+:-)?([\w.+-]+)/)?.[1];
    if (platform && compiler) byPlatform[platform] = compiler;
    if (/^\s*(;;|esac|fi)\s*$/.test(line)) platform = undefined;
  }
  const when = whenOf(text, Object.keys(byPlatform).length);
  for (const name of Object.keys(byPlatform) as Platform[]) {
    const own = environment[variableOf(name)];
    if (own && text.includes(variableOf(name))) byPlatform[name] = own;
  }
  // From 1.28 on any pair may be named, and naming one switches cgo on.
  const forced = /\bccenv\b/.test(text) ? namedByUser(environment) : {};
  return { when, byPlatform: { ...byPlatform, ...forced }, forced: Object.keys(forced) as Platform[] };
}

function whenOf(text: string, known: number): CrossCompilers['when'] {
  if (known === 0) return 'never';
  if (/host_platform\)"? != "?\$\{?platform/.test(text)) return 'target-differs';
  return /host_platform\)"? == "linux\/amd64"/.test(text) ? 'host-linux-amd64' : 'always';
}

/** `KUBE_LINUX_ARM64_CC`: the variable of a platform. */
function variableOf(platform: Platform): string {
  const { os, arch } = splitPlatform(platform);
  return `KUBE_${os.toUpperCase()}_${arch.toUpperCase()}_CC`;
}

function namedByUser(environment: Environment): Record<Platform, string> {
  const found: Record<Platform, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    const match = name.match(/^KUBE_([A-Z0-9]+)_([A-Z0-9]+)_CC$/);
    if (match && value) found[`${match[1]?.toLowerCase()}/${match[2]?.toLowerCase()}`] = value;
  }
  return found;
}
