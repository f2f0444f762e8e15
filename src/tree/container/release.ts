/** What a tree's own release script runs in its build container: `run_build_command make cross` (1.2: `hack/build-cross.sh`). */
import type { Host } from '../../host/host.ts';
import { TreeReader } from '../reader.ts';

/** From 1.7 on, in 1.5 and 1.6, before. */
const SCRIPTS: readonly string[] = ['build/release.sh', 'build-tools/release.sh'];

/** The words of the cross build, the first of them a program; undefined when the tree has no such script. */
export function readReleaseCommand(host: Host, root: string): readonly [string, ...string[]] | undefined {
  const reader = new TreeReader(host, root);
  for (const script of SCRIPTS) {
    // Those that follow run tests.
    const line = /^\s*(?:kube::build::)?run_build_command\s+([\w./=\- ]+?)\s*$/m.exec(
      reader.text(script) ?? '',
    );
    const [program, ...words] = line?.[1]?.split(/\s+/) ?? [];
    if (program) return [program, ...words];
  }
  return undefined;
}
