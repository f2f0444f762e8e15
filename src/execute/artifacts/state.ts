/** What a checkout remembers of its artifacts: apart from the state of builds, so that neither reads the other's. */
import type { Host } from '../../host/host.ts';
import type { IndexRow } from '../../tree/packages/fileindex.ts';
import { readVersioned, type StepRecord, writeVersioned } from '../state.ts';

export interface ArtifactState {
  readonly steps: Record<string, StepRecord>;
  readonly files: Readonly<Record<string, IndexRow>>;
}

const SCHEMA = 1;

/** Reads the state below `own` (OUT/kubewright); a missing or torn file is an empty one. */
export function loadArtifactState(host: Host, own: string): ArtifactState {
  return readVersioned<ArtifactState>(host, `${own}/artifacts.json`, SCHEMA) ?? { steps: {}, files: {} };
}

export function saveArtifactState(host: Host, own: string, state: ArtifactState): void {
  writeVersioned(host, `${own}/artifacts.json`, SCHEMA, state);
}
