/** Builds what a release holds in a container, by the tree's own make, as `build/release.sh` does. Packing stays outside. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { programsOf } from '../../release/pipeline.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import { hasCompiler } from '../../tree/container/buildimage.ts';
import { readContainerBuild } from '../../tree/container/facts.ts';
import { readReleaseCommand } from '../../tree/container/release.ts';
import { makeBuildImage } from '../container/buildimage/make.ts';
import { resolveBuildImage } from '../container/image.ts';
import { openEngine, readCheckout } from '../container/prepare.ts';
import { type ContainerRequest, readContainerRequest } from '../container/request.ts';
import { runInContainer } from '../container/run.ts';
import type { Session } from '../session.ts';
import { type Portion, portionsOf } from './build.ts';
import type { PlannedRelease } from './planned.ts';
import type { ReleaseRequest } from './request.ts';

/** Returns the exit code. */
export async function buildReleaseInContainer(
  session: Session,
  request: ReleaseRequest,
  planned: PlannedRelease,
): Promise<number> {
  const command = joined(await containerCommands(session, request, planned));
  const wanted = requestOf(session, request, command);
  try {
    if (request.container.image === undefined) await bringBuildImage(session, wanted, planned);
    return await runInContainer(session, wanted);
  } catch (problem) {
    throw problem instanceof Failure ? withWayOut(problem) : problem;
  }
}

/** An engine that cannot be had, or an image, does not have to end a release. */
function withWayOut(problem: Failure): Failure {
  return new Failure(
    ...problem.diagnostics.map((diagnostic) =>
      /^(engine\/|container\/(no-image|image-|no-rsync|bind-))/.test(diagnostic.code)
        ? {
            ...diagnostic,
            help: `${diagnostic.help}; or build on this machine: kubewright release --no-container, kubewright make with KUBEWRIGHT_RELEASE_CONTAINER=n`,
          }
        : diagnostic,
    ),
  );
}

/** The command lines that run inside: the tree's own cross build, or make with what the asked parts hold. */
export async function containerCommands(
  session: Session,
  request: ReleaseRequest,
  planned: PlannedRelease,
): Promise<readonly (readonly string[])[]> {
  const { context, tree } = session;
  const whole = readReleaseCommand(context.host, tree.root);
  if (whole === undefined) throw new Failure(noScript());
  if (request.only.length === 0 && request.platforms.length === 0) {
    const platforms = context.host.environment['KUBE_BUILD_PLATFORMS'];
    // Up to 1.14 the variable stays outside; make hands its own to what it calls.
    return [[...whole, ...(platforms && whole[0] === 'make' ? [`KUBE_BUILD_PLATFORMS=${platforms}`] : [])]];
  }
  // 1.2 takes the variable for one platform, blanks included.
  const isOneByOne = readContainerBuild(context.host, tree).era === 'image';
  return merged(session, await portionsOf(session, request, planned)).flatMap(({ words, platforms }) =>
    (isOneByOne ? platforms.map((one) => [one]) : [platforms]).map((some) => [
      ...['make', 'all', `WHAT=${words.join(' ')}`, `KUBE_BUILD_PLATFORMS=${some.join(' ')}`],
    ]),
  );
}

/** Portions with the tree's own words for targets; those for the same platforms are one. */
function merged({ tree }: Session, portions: readonly Portion[]): Portion[] {
  const found = new Map<string, { readonly words: Set<string>; readonly platforms: readonly string[] }>();
  for (const { words, platforms } of portions) {
    const key = platforms.join(' ');
    const one = found.get(key) ?? { words: new Set(), platforms };
    found.set(key, one);
    for (const word of words) {
      const group = tree.groups.find(({ name }) => name === word);
      const named = tree.allTargets.value.filter(
        (target) => target.slice(target.lastIndexOf('/') + 1) === word,
      );
      for (const target of group?.targets.value ?? (named.length > 0 ? named : [word])) one.words.add(target);
    }
  }
  const order = tree.allTargets.value;
  return [...found.values()]
    .map(({ words, platforms }) => ({
      words: [...words].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
      platforms,
    }))
    .filter(({ words }) => words.length > 0);
}

/** Several run in one container, one after the other. */
function joined(commands: readonly (readonly string[])[]): readonly string[] {
  const [only] = commands;
  if (only && commands.length === 1) return only;
  const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  return ['/bin/sh', '-ec', commands.map((words) => words.map(quote).join(' ')).join('; ')];
}

function requestOf(
  { context }: Session,
  request: ReleaseRequest,
  command: readonly string[],
): ContainerRequest {
  const { engine, image, transport } = request.container;
  return {
    ...readContainerRequest(context.host, command, { engine, image, transport }, true),
    // Packing waits for programs, whatever KUBE_RUN_COPY_OUTPUT says of other runs.
    copyOutput: true,
    waitSeconds: request.waitSeconds,
    ...(request.versionString === undefined ? {} : { versionString: request.versionString }),
  };
}

/** Finds the build image, or makes it with the C compilers that this release wants. */
async function bringBuildImage(
  session: Session,
  wanted: ContainerRequest,
  { tarballs, selection }: PlannedRelease,
): Promise<void> {
  const { build, names } = await readCheckout(session, wanted);
  const { engine } = openEngine(session, wanted.engine);
  let own: Platform;
  try {
    const { Arch } = await engine.version();
    own = `linux/${Arch || splitPlatform(session.context.host.platform).arch}`;
    const compilers = compilersFor(own, [
      ...programsOf(tarballs).map(({ platform }) => platform),
      ...((selection?.platforms ?? []) as Platform[]),
    ]);
    const isAlone = compilers.length === 0;
    const asked = { named: undefined, build, names, architecture: undefined };
    if (isAlone && (await resolveBuildImage(engine, asked).catch(noneThere))) return;
    const quiet: Session = { ...session, context: { ...session.context, print: () => {} } };
    await makeBuildImage(quiet, {
      ...{ engine: wanted.engine, from: undefined, platforms: [], packages: [], save: undefined },
      ...{ toolchain: undefined, refresh: false, compilers },
    });
  } finally {
    await engine.close();
  }
}

function noneThere(problem: unknown): undefined {
  if (problem instanceof Failure && problem.diagnostics[0]?.code === 'container/no-image') return undefined;
  throw problem;
}

function compilersFor(own: Platform, platforms: readonly Platform[]): Platform[] {
  const linux = platforms.filter((one) => one.startsWith('linux/') && one !== own && hasCompiler(one));
  return [...new Set(linux)].sort();
}

function noScript() {
  return error('release/no-container-build', {
    what: 'the tree does not say how a release of it is built in a container',
    where: [{ file: 'build/release.sh' }],
    why: 'what runs inside is the line run_build_command of that script: make cross, in Kubernetes',
    help: 'build on this machine: leave --container out; or run your own command and pack what it made: kubewright container run CMD…, then kubewright release --from _output/dockerized/bin',
  });
}
