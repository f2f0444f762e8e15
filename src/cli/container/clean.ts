/** Removes what a checkout has at an engine, by label: containers, volumes, images, networks; and nothing that is not ours. */
import type { Engine } from '../../engine/engine.ts';
import { takeLock } from '../../execute/lock.ts';
import type { Session } from '../session.ts';
import { CHECKOUT_LABEL } from './names.ts';
import { lockDirectory, openEngine, readCheckout } from './prepare.ts';
import { readContainerRequest } from './request.ts';

export interface CleanOptions {
  readonly engine: string | undefined;
  /** What every checkout has there. */
  readonly all: boolean;
}

/** Prints each thing that it removes, and returns the exit code. */
export async function cleanEngine(session: Session, { engine: named, all }: CleanOptions): Promise<number> {
  const { context, own } = session;
  const { host, options, signal } = context;
  const request = readContainerRequest(host, [], {}, false);
  const { names } = await readCheckout(session, request);
  const { engine } = openEngine(session, named);
  const words = ['kubewright', ...process.argv.slice(2)].join(' ');
  try {
    const lock = await takeLock(host, lockDirectory(host, names), words, 0, signal, () => {});
    try {
      const label = all ? CHECKOUT_LABEL : `${CHECKOUT_LABEL}=${names.checkout}`;
      const ownImages = all ? 'kube-build:build-*' : `kube-build:build-${names.hash}*`;
      await remove(engine, label, ownImages, options.dryRun, context.print);
      if (!options.dryRun) host.files.remove(`${own}/container`);
    } finally {
      lock.release();
    }
    return 0;
  } finally {
    await engine.close();
  }
}

async function remove(
  engine: Engine,
  label: string,
  ownImages: string,
  isDry: boolean,
  print: (text: string) => void,
): Promise<void> {
  const gone = async (what: string, work: () => Promise<unknown>) => {
    if (!isDry && (await work()) === false) print(`kept, since it is in use: ${what}`);
    else print(what);
  };
  for (const { Id, Names } of await engine.containers.list([label]))
    await gone(`container ${(Names[0] ?? Id).replace(/^\//, '')}`, () => engine.containers.remove(Id));
  for (const { Name } of await engine.volumes.list([label]))
    await gone(`volume ${Name}`, () => engine.volumes.remove(Name));
  for (const { Id, Name } of await engine.networks.list([label]))
    await gone(`network ${Name}`, () => engine.networks.remove(Id));
  const images = [
    ...(await engine.images.list({ label: [label] })),
    // Names that this checkout gave to an image that others may name too.
    ...(await engine.images.list({ reference: [ownImages], label: [CHECKOUT_LABEL] })),
  ];
  const names = images.flatMap(({ Id, RepoTags }) => (RepoTags && RepoTags.length > 0 ? RepoTags : [Id]));
  for (const name of [...new Set(names)].sort())
    await gone(`image ${name}`, () => engine.images.remove(name));
}
