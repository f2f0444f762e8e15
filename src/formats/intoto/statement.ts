/** in-toto Statement v1 and the SLSA v1 provenance in it: who made which bytes, from what, how. */
import type { Json } from '../../plan/step.ts';
import type { Digest } from '../digest.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
/** Names what stands in the parameters below; the number rises when their meaning changes. */
export const BUILD_TYPE = 'urn:kubewright:build:1';
export const BUILDER = 'urn:kubewright:builder:local';

export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: Digest };
}

/** Names a thing by its digest (in-toto, resource_descriptor.md). */
export interface Resource {
  readonly name: string;
  readonly uri?: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** A command of a user that made subjects; what `verify-release` gives again. */
export interface RecordedCommand {
  readonly run: string;
  readonly argv: readonly string[];
  /** Settings of the build that were in the environment; no secrets. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface RecordedStep {
  readonly id: string;
  readonly key: Digest;
  readonly run: string;
  readonly outcome: string;
  readonly outputs: readonly Subject[];
  /** Flags, environment and toolchain that are in its key. */
  readonly parts: Readonly<Record<string, string>>;
  /** Indexes into `commands`. */
  readonly commands: readonly number[];
  /** Digest over all inputs, as Go's Hash1 has it; absent when they are not known any more. */
  readonly inputs?: Digest;
}

export interface RecordedProcess {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A Go package that went into the outputs: compiled in one of the runs, or found in the store under its key. */
export interface RecordedPackage {
  readonly package: string;
  readonly platform: string;
  readonly outcome: string;
  readonly key: Digest;
}

export interface Provenance {
  readonly buildDefinition: {
    readonly buildType: typeof BUILD_TYPE;
    readonly externalParameters: {
      readonly tree: { readonly version: string; readonly state: string };
      readonly toolchain: string;
      readonly commands: readonly RecordedCommand[];
    };
    readonly internalParameters: {
      readonly steps: readonly RecordedStep[];
      readonly commands: readonly RecordedProcess[];
      readonly packages: readonly RecordedPackage[];
    };
    readonly resolvedDependencies: readonly Resource[];
  };
  readonly runDetails: {
    readonly builder: { readonly id: typeof BUILDER; readonly version: Readonly<Record<string, string>> };
    readonly metadata: {
      readonly invocationId: string;
      readonly startedOn: string;
      readonly finishedOn: string;
    };
  };
}

export interface ProvenanceStatement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof PROVENANCE_TYPE;
  readonly predicate: Provenance;
}

export function provenanceStatement(subject: readonly Subject[], predicate: Provenance): ProvenanceStatement {
  return { _type: STATEMENT_TYPE, subject, predicateType: PROVENANCE_TYPE, predicate };
}

/** Reads a statement of ours back; undefined for another type of statement, build or text. */
export function readProvenance(text: string): ProvenanceStatement | undefined {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const statement = value as unknown as Partial<ProvenanceStatement> | null;
  const isOurs =
    statement?._type === STATEMENT_TYPE &&
    statement.predicateType === PROVENANCE_TYPE &&
    statement.predicate?.buildDefinition?.buildType === BUILD_TYPE &&
    Array.isArray(statement.subject);
  return isOurs ? (statement as ProvenanceStatement) : undefined;
}
