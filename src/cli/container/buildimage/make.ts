/** Makes the build image of a checkout, or finds that it is made: `kubewright container image`. */
import { resolve } from 'node:path';
import { error, Failure } from '../../../diagnostic/diagnostic.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { Host } from '../../../host/host.ts';
import { formatBytes } from '../../../report/units.ts';
import { type ArchiveParameters, type PlannedImage, planArchive } from '../../../steps/image/plan.ts';
import { archiveBytes } from '../../../steps/image/run.ts';
import { type Platform, splitPlatform } from '../../../target/platform.ts';
import { buildImagePackages } from '../../../tree/container/buildimage.ts';
import { Bases, Registries } from '../../image/bases.ts';
import type { Session } from '../../session.ts';
import { mebibytes, statusLine } from '../../statusline.ts';
import { table } from '../../table.ts';
import { type Checkout, openEngine, readCheckout } from '../prepare.ts';
import { readContainerRequest } from '../request.ts';
import { CONTENT_LABEL, fetchedBuildImage, ownBuildImage } from './contents.ts';
import { crossCopy, crossReference, isMirrored, originsOf } from './origin.ts';
import type { BuildImageRequest } from './request.ts';
import { goOfImage } from './toolchain.ts';

/** Prints the name of the image; the number is the exit code. */
export async function makeBuildImage(session: Session, request: BuildImageRequest): Promise<number> {
  const { context } = session;
  const checkout = await readCheckout(session, readContainerRequest(context.host, [], {}, false));
  if (request.save !== undefined) return save(session, request, checkout, request.save);
  const { engine } = openEngine(session, request.engine);
  try {
    return await atEngine(session, request, checkout, engine);
  } finally {
    await engine.close();
  }
}

async function atEngine(
  session: Session,
  request: BuildImageRequest,
  checkout: Checkout,
  engine: Engine,
): Promise<number> {
  const { context } = session;
  const { names, build } = checkout;
  const { Arch } = await engine.version();
  const platform: Platform = `linux/${Arch || splitPlatform(context.host.platform).arch}`;
  const origins = originsOf(session, request, build);
  if (origins.includes('engine')) {
    const copy = await crossCopy(engine, build, Arch);
    if (copy) {
      note(session, `the engine has ${copy}: container run builds in it, there is nothing to make`);
      context.print(copy);
      return 0;
    }
    if (request.from === 'engine') throw new Failure(noCopy(engine, checkout));
  }
  const { image, key, toldOf } = await planImage(session, request, checkout, platform);
  if (context.options.dryRun) return show(session, image, key);
  const present = await engine.images.inspect(names.image);
  if (present?.Config?.Labels?.[CONTENT_LABEL] === key) note(session, `${names.image} is up to date`);
  else {
    await load(session, engine, image, key);
    note(session, `${names.image}: ${toldOf}`);
  }
  context.print(names.image);
  return 0;
}

interface Made {
  readonly image: PlannedImage;
  readonly key: string;
  /** What it was made of, for people. */
  readonly toldOf: string;
}

async function planImage(
  session: Session,
  request: BuildImageRequest,
  checkout: Checkout,
  platform: Platform,
): Promise<Made> {
  const { context, tree, own } = session;
  const { host, options, report } = context;
  const { build, names } = checkout;
  const registries = new Registries(session);
  const bases = new Bases(session, registries, request.refresh);
  try {
    const origins = originsOf(session, request, build);
    const reference = crossReference(build);
    if (origins.includes('registry') && reference !== undefined) {
      try {
        const base = await bases.read(reference, platform, tree.root);
        const made = fetchedBuildImage({ base, platform, build, names });
        return { ...made, toldOf: reference };
      } catch (problem) {
        if (!origins.includes('packages') || !(problem instanceof Failure)) throw problem;
        // What was not hoped for is not missed.
        if (!options.quiet && isMirrored(session, build))
          for (const one of problem.diagnostics) report({ ...one, severity: 'warning' });
      }
    }
    const packages = buildImagePackages(
      platform,
      [...request.platforms, ...(request.compilers ?? [])],
      request.packages,
    );
    const toolchain = await goOfImage(session, request.toolchain, platform);
    const base = await bases.read(`debian://${packages.join(',')}`, platform, tree.root);
    const parts = { base, platform, build, names };
    const made = ownBuildImage(host, parts, toolchain, tree.root, `${own}/container/image`);
    return {
      ...made,
      toldOf: `Go ${toolchain.version} and ${packages.length} packages of Debian with what they need`,
    };
  } finally {
    bases.clean();
    await registries.close();
  }
}

/** Sends the archive. Layers that the engine has in an image of the same content are left out of it first. */
async function load(session: Session, engine: Engine, image: PlannedImage, key: string): Promise<void> {
  const { context } = session;
  const line = statusLine(context);
  line.show('loading the image');
  try {
    const twins = await engine.images.list({ label: [`${CONTENT_LABEL}=${key}`] });
    if (twins.length > 0) {
      try {
        await engine.images.load(bytesOf(context.host, context.signal, image, () => {}, true));
        return;
      } catch (problem) {
        // An engine that keeps images another way wants all of it.
        if (!(problem instanceof Failure) || context.signal.aborted) throw problem;
      }
    }
    const onProgress = (done: number, total: number) =>
      line.show(`loading the image: ${mebibytes(done)} of ${mebibytes(total)} MiB`);
    await engine.images.load(bytesOf(context.host, context.signal, image, onProgress, false));
  } finally {
    line.clear();
  }
}

function bytesOf(
  host: Host,
  signal: AbortSignal,
  image: PlannedImage,
  onProgress: (done: number, total: number) => void,
  withoutLayers: boolean,
): AsyncGenerator<Uint8Array> {
  const { inputs, action } = planArchive([image], '', image.name);
  const parameters = (action.kind === 'pack' ? action.parameters : {}) as unknown as ArchiveParameters;
  const paths = inputs.map((input) => ('path' in input ? input.path : ''));
  return archiveBytes({ host, signal, inputs: paths, onProgress }, parameters, withoutLayers);
}

async function save(
  session: Session,
  request: BuildImageRequest,
  checkout: Checkout,
  file: string,
): Promise<number> {
  const { context } = session;
  const { host, signal } = context;
  const platform: Platform = `linux/${splitPlatform(host.platform).arch}`;
  const { image, key } = await planImage(session, request, checkout, platform);
  if (context.options.dryRun) return show(session, image, key);
  const path = resolve(host.workingDirectory, file);
  const temporary = host.files.temporaryName(path);
  const line = statusLine(context);
  try {
    const onProgress = (done: number, total: number) =>
      line.show(`writing the archive: ${mebibytes(done)} of ${mebibytes(total)} MiB`);
    const size = await host.files.writeChunks(temporary, bytesOf(host, signal, image, onProgress, false));
    host.files.publishMove(temporary, path, 0o644);
    note(session, `${checkout.names.image}: ${formatBytes(size)}, for docker load`);
  } finally {
    line.clear();
    host.files.remove(temporary);
  }
  context.print(path);
  return 0;
}

function show({ context }: Session, image: PlannedImage, key: string): number {
  const { base, layers, changes, platform } = image;
  if (context.options.json) {
    const told = {
      names: image.names,
      platform,
      key,
      base: base.name,
      layers: base.layers.length + layers.length,
    };
    context.print(JSON.stringify({ ...told, environment: changes.environment ?? [] }));
    return 0;
  }
  const rows = [
    ...image.names.map((name) => ['name', name]),
    ['platform', platform],
    ['base', base.name],
    ...layers.map(({ createdBy }) => ['layer', createdBy]),
    ...(changes.environment ?? []).map((pair) => ['env', pair]),
    ['content', key.slice(0, 16)],
  ];
  context.print(table(rows));
  return 0;
}

function note({ context }: Session, text: string): void {
  if (!context.options.quiet && !context.options.json) context.host.stderr.write(`${text}\n`);
}

function noCopy(engine: Engine, { build }: Checkout) {
  return error('container/no-image', {
    what: `the engine at ${engine.address} has no copy of ${crossReference(build) ?? 'kube-cross'}`,
    where: [build.where],
    why: '--from engine takes one under whatever name, and nothing is pulled',
    help: 'docker load one there, or leave --from away: the image is then fetched, or made from Debian packages',
  });
}
