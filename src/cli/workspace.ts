/** The parts of an output directory that a build needs before go runs, and the link that it leaves behind. */
import type { Host } from '../host/host.ts';
import { type Layout, workingDirectoryOf } from '../steps/compile/environment.ts';
import { type Platform, splitPlatform } from '../target/platform.ts';
import type { Tree } from '../tree/tree.ts';

/** Makes the link tree through which the GOPATH eras see the sources; two runs at once do no harm. */
export function prepareWorkspace(host: Host, tree: Tree, layout: Layout): void {
  const link = workingDirectoryOf(tree, layout);
  if (link !== tree.root) host.files.publishLink(tree.root, link);
}

/** Points `OUT/bin` at this machine's binaries, as upstream does from 1.7 on (spec local-build 9). */
export function linkHostBinaries(
  host: Host,
  tree: Tree,
  layout: Layout,
  platforms: ReadonlySet<Platform>,
): void {
  if (tree.family !== 'kubernetes' || tree.goMode === 'godeps' || !platforms.has(host.platform)) return;
  const { os, arch } = splitPlatform(host.platform);
  const link = `${layout.out}/bin`;
  if (host.files.exists(link) && !host.files.isLink(link)) return;
  host.files.publishLink(`${layout.local}/bin/${os}/${arch}`, link);
}
