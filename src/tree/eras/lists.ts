/** Lists of a tree, evaluated or parsed, each with the place it is written down. */
import { type Diagnostic, error, ok, type Result, warning } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import { splitPlatform } from '../../target/platform.ts';
import type { TreeReader } from '../reader.ts';
import type { ShellVariables } from '../shell/declarations.ts';
import { type EvaluateRequest, evaluate } from '../shell/evaluate.ts';
import { parseLists } from '../shell/parse.ts';
import { locateDefinition, locateFunction } from '../shell/source.ts';
import type { Fact } from '../tree.ts';

export interface Lists {
  readonly source: 'evaluated' | 'parsed';
  readonly variables: ShellVariables;
  /** The values of a variable with its place; undefined when it is absent. */
  fact(name: string, printedBy?: string): Fact<readonly string[]> | undefined;
}

/** Reads the lists by running the script in the sandbox, or as text where that cannot be or must not be. */
export async function readLists(
  host: Host,
  reader: TreeReader,
  request: EvaluateRequest,
  noEval: boolean,
): Promise<Result<Lists>> {
  // A tree without its entry script has nothing to run.
  if (noEval || reader.kind(request.script) !== 'file')
    return ok(parsed(host, reader, request), narrowingIgnored(host, request));
  const result = await evaluate(host, reader, request);
  if (!result.ok) return result;
  if (result.value.kind === 'evaluated') {
    return ok(listsOf(reader, request.lists, 'evaluated', result.value.variables));
  }
  const note: Diagnostic = {
    ...error('tree/eval-unavailable', {
      what: `${request.lists} was parsed as text: ${result.value.why}`,
      where: [{ file: request.lists }],
      why: 'running it needs a sandbox; parsed lists hold what is written literally, and leave out what a condition adds',
      help: 'nothing to do if `kubewright targets` shows what you expect; else run on Linux with unshare and bash, or write the lists into kubewright.yaml',
    }),
    severity: 'note',
  };
  return ok(parsed(host, reader, request), [note, ...narrowingIgnored(host, request)]);
}

function parsed(host: Host, reader: TreeReader, request: EvaluateRequest): Lists {
  const osType = host.environment['OSTYPE'] ?? osTypeOf(splitPlatform(host.platform).os);
  const text = reader.text(request.lists) ?? '';
  return listsOf(reader, request.lists, 'parsed', parseLists(text, osType));
}

function listsOf(
  reader: TreeReader,
  file: string,
  source: Lists['source'],
  variables: ShellVariables,
): Lists {
  return {
    source,
    variables,
    fact: (name, printedBy) => {
      const value = variables.get(name);
      // An evaluated list may be empty for a reason (a narrowed platform set); a parsed one was not understood.
      if (!value || (value.length === 0 && source === 'parsed')) return undefined;
      const printed = printedBy ? locateFunction(reader, file, printedBy) : undefined;
      return { value, where: printed ?? locateDefinition(reader, file, name), source };
    },
  };
}

function osTypeOf(os: string): string {
  return os === 'linux' ? 'linux-gnu' : os;
}

function narrowingIgnored(host: Host, request: EvaluateRequest): Diagnostic[] {
  const set = ['KUBE_BUILD_PLATFORMS', 'KUBE_FASTBUILD'].filter((name) => host.environment[name]);
  if (set.length === 0) return [];
  return [
    warning('tree/eval-unavailable', {
      what: `the platforms of groups are listed in full, although ${set.join(' and ')} is set`,
      where: [{ file: request.lists }],
      why: 'how these variables narrow a group is written as conditions in the script, which was not run',
      help: `leave out --no-eval, or name the platforms: --platform=${host.environment['KUBE_BUILD_PLATFORMS']?.split(' ')[0] || 'linux/amd64'}`,
    }),
  ];
}
