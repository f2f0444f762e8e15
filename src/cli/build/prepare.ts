/** From a request to the compile Steps of a tree: targets resolved, toolchain and version chosen. */
import { type Diagnostic, error, Failure, ok, type Result, taken } from '../../diagnostic/diagnostic.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { GoBuildAction, Step } from '../../plan/step.ts';
import type { MachineFacts } from '../../steps/compile/environment.ts';
import { cleanGoFlags } from '../../steps/compile/goflags.ts';
import { planCompile } from '../../steps/compile/plan.ts';
import { resolvePlatforms, resolveTargets, splitWhat } from '../../target/resolve.ts';
import type { BuildUnit } from '../../target/target.ts';
import { previewToolchain } from '../../toolchain/preview.ts';
import { selectToolchain } from '../../toolchain/select.ts';
import { storeDirectory } from '../../toolchain/store.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import { diskLookup } from '../../tree/lookup.ts';
import { readTreeVersion, stampFlags, type TreeVersion } from '../../tree/version.ts';
import { cCompilerProof, machineFacts } from '../machine.ts';
import type { Session } from '../session.ts';
import { statusLine } from '../statusline.ts';
import { userGoSettings } from '../usergo.ts';
import { placesOf, placesProblems } from './places.ts';
import type { BuildRequest } from './request.ts';

export interface PreparedBuild {
  readonly session: Session;
  readonly request: BuildRequest;
  readonly units: readonly BuildUnit[];
  readonly steps: readonly Step[];
  readonly toolchain: Toolchain;
  readonly version: TreeVersion;
  readonly machine: MachineFacts;
  /** Errors that stop a build before it starts; a dry run prints its plan all the same. */
  readonly missingCompilers: readonly Diagnostic[];
  /** Warnings to print once something is really built. */
  readonly notes: readonly Diagnostic[];
}

/** Resolves a request. Starts git at most; go is not asked. */
export async function prepareBuild(session: Session, request: BuildRequest): Promise<PreparedBuild> {
  const { tree, context, layout } = session;
  const { host, signal } = context;
  const versionReading = readTreeVersion(host, tree, { ...request, signal });
  // Awaited below: a failure before that must not count as unhandled.
  versionReading.catch(() => {});
  const { words, goFlags } = splitWhat(request.what);
  const targets = taken(resolveTargets(tree, words, diskLookup(host, tree), host.environment));
  const resolved = taken(
    resolvePlatforms(tree, {
      platforms: request.platforms,
      targets: targets.value,
      environment: host.environment,
      hostPlatform: host.platform,
    }),
  );
  const units = resolved.value.map((unit) => withClass(unit, request));
  const toolchain = taken(await toolchainFor(session, request));
  const version = taken(await versionReading);
  const cleaned = cleanGoFlags(host.environment['GOFLAGS'] ?? '', toolchain.value.version);
  const machine = machineFacts(host, userGoSettings(host));
  const proofs = new Map<string | undefined, string | undefined>();
  const places = placesOf(session, request, toolchain.value, machine);
  const steps = units.map((unit) =>
    planCompile(
      {
        ...{ tree, layout, machine, toolchain: toolchain.value },
        options: {
          ...request,
          ...(places ? { places } : {}),
          ...goFlagsFor(toolchain.value.version, cleaned.flags, [...goFlags, ...request.goFlags]),
        },
        stamps: stampFlags(tree, version.value),
        cCompilerProof: (name) => {
          if (!proofs.has(name)) proofs.set(name, cCompilerProof(host, name));
          return proofs.get(name);
        },
      },
      unit,
    ),
  );
  const problems = placesProblems(steps, request, toolchain.value.version);
  if (problems.length > 0) throw new Failure(...problems);
  return {
    ...{ session, request, units, steps, machine },
    toolchain: toolchain.value,
    version: version.value,
    missingCompilers: missingCompilers(steps, proofs),
    notes: [
      ...session.notes,
      ...targets.diagnostics,
      ...resolved.diagnostics,
      ...toolchain.diagnostics,
      ...version.diagnostics,
      ...cleaned.diagnostics,
    ],
  };
}

/** The toolchain of a build, fetched if need be; a dry run fetches nothing and names where it would lie. */
async function toolchainFor(
  { context, tree, config }: Session,
  request: BuildRequest,
): Promise<Result<Toolchain>> {
  const { host, options, signal } = context;
  const { toolchain: asked, toolchainSum } = request;
  const line = statusLine(context);
  const offline = options.offline || options.dryRun;
  const selection = { toolchain: asked, toolchainSum, offline, signal, progress: line.show };
  const selected = await selectToolchain(host, tree, config, selection).finally(line.clear);
  if (selected.ok || !options.dryRun) return selected;
  const preview = await previewToolchain(host, tree, config, { asked, signal });
  const { version, because = '' } = preview;
  if (preview.kind !== 'fetch' || version === undefined) return selected;
  const root = `${storeDirectory(host)}/go${version}.${host.platform.replace('/', '-')}`;
  return ok({ version, root, digest: '', source: 'proxy', because }, preview.diagnostics);
}

/** Go reads GOFLAGS itself from 1.11 on; before, upstream put its words on the command line. */
function goFlagsFor(version: string, environmentGoFlags: string, goFlags: readonly string[]) {
  if (atLeast(version, '1.11')) return { environmentGoFlags, goFlags };
  return { environmentGoFlags: '', goFlags: [...environmentGoFlags.split(' ').filter(Boolean), ...goFlags] };
}

function withClass(unit: BuildUnit, request: BuildRequest): BuildUnit {
  if (!request.class || unit.target.class === 'test') return unit;
  return { ...unit, target: { ...unit.target, class: request.class } };
}

/** Debian's package of each cross compiler that upstream names. */
const COMPILER_PACKAGES: Readonly<Record<string, string>> = {
  'arm-linux-gnueabi-gcc': 'gcc-arm-linux-gnueabi',
  'arm-linux-gnueabihf-gcc': 'gcc-arm-linux-gnueabihf',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
  'powerpc64le-linux-gnu-gcc': 'gcc-powerpc64le-linux-gnu',
  's390x-linux-gnu-gcc': 'gcc-s390x-linux-gnu',
  'x86_64-linux-gnu-gcc': 'gcc-x86-64-linux-gnu',
};

function missingCompilers(
  steps: readonly Step[],
  proofs: ReadonlyMap<string | undefined, string | undefined>,
): Diagnostic[] {
  const missing = [...proofs].filter(([, proof]) => proof === undefined).map(([name]) => name);
  return missing.map((name) => {
    const waiting = steps.filter((step) => {
      const { environment } = step.action as GoBuildAction;
      return environment['CGO_ENABLED'] === '1' && environment['CC'] === name;
    });
    const compiler = name ?? 'gcc';
    const titles = waiting.map((step) => step.title);
    const shown =
      titles.length > 4
        ? `${titles.slice(0, 3).join(', ')} and ${titles.length - 3} more`
        : titles.join(', ');
    return error('build/c-compiler-missing', {
      what: `the C compiler ${compiler} is missing, and these are built with cgo: ${shown}`,
      why: 'the tree does not link them statically, so Go needs a C compiler for their platform',
      help: `install it (Debian: apt-get install ${COMPILER_PACKAGES[compiler] ?? 'gcc libc6-dev'}), name another with CC or KUBE_<OS>_<ARCH>_CC, or build without cgo: --static`,
    });
  });
}
