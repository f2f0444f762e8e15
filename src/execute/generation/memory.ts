/**
 * What a checkout remembers of its generated files, in files of its own: what each output was made of, and the index
 * of sources. Losing them costs time, nothing else.
 */
import type { Digest } from '../../formats/digest.ts';
import { digestOfRecord } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { Step, StepId } from '../../plan/step.ts';
import type { SourceIndexState } from '../../tree/tags/sourceindex.ts';
import { type OutputRecord, readVersioned, writeVersioned } from '../state.ts';

export interface GeneratedRecord {
  readonly key: Digest;
  readonly keyParts: Readonly<Record<string, string>>;
  /** None when the generator had nothing to write for the package. */
  readonly files: readonly OutputRecord[];
  readonly milliseconds: number;
}

export interface GeneratedState {
  readonly outputs: Record<StepId, GeneratedRecord>;
  /** Directory → digest of its own declarations, as they were when its outputs were last made. */
  readonly declarations: Record<string, string>;
  /** Warnings that were told already: `code file:line`. */
  noted: readonly string[];
}

const SCHEMA = 2;

export function loadGenerated(host: Host, own: string): GeneratedState {
  return (
    readVersioned<GeneratedState>(host, `${own}/generated.json`, SCHEMA) ?? {
      ...{ outputs: {}, declarations: {}, noted: [] },
    }
  );
}

export function saveGenerated(host: Host, own: string, state: GeneratedState): void {
  writeVersioned(host, `${own}/generated.json`, SCHEMA, state);
}

export function loadSources(host: Host, own: string): SourceIndexState | undefined {
  return readVersioned<SourceIndexState>(host, `${own}/sources.json`, SCHEMA);
}

export function saveSources(host: Host, own: string, state: SourceIndexState): void {
  writeVersioned(host, `${own}/sources.json`, SCHEMA, state);
}

/** The key of a generation Step: its labelled parts alone. */
export function generationKey(step: Step): Digest {
  return digestOfRecord({ schema: SCHEMA, parts: step.keyParts });
}
