/** What a release comes to before anything is built, fetched or packed. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import type { Tarball } from '../../release/member.ts';
import type { TreeVersion } from '../../tree/version.ts';
import type { ImageSelection } from '../image/prepare.ts';

export interface PlannedRelease {
  readonly version: TreeVersion;
  /** Absolute directory of the finished archives. */
  readonly directory: string;
  /** The parts that are asked for, and the archives that these hold. */
  readonly tarballs: readonly Tarball[];
  /** Absent when no image is made. */
  readonly selection?: ImageSelection;
  readonly notes: readonly Diagnostic[];
}
