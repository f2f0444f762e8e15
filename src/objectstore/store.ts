/**
 * Where releases are published: buckets of S3 and of Google's kind, and plain directories, behind one interface. This folder
 * knows objects and how they are sent, checked and kept; what a release consists of is known by `release/`.
 */
import type { Fingerprint } from './fingerprint.ts';

/** An object as its store tells of it. */
export interface StoredObject {
  readonly size: number;
  /** What the store knows of the bytes: its entity tag, or their MD5, in hexadecimal. */
  readonly tag: string;
}

/** An object to be. */
export interface SentObject {
  /** Its name in the bucket, without a slash in front. */
  readonly key: string;
  readonly file: string;
  readonly fingerprint: Fingerprint;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** A small text, and what tells whether somebody has written it anew meanwhile. */
export interface StoredText {
  readonly text: string;
  readonly version: string;
}

export interface ObjectStore {
  /** As people name it: `s3://bucket`. */
  readonly name: string;
  /** The settings that lead to another address. */
  readonly setting: string;
  /** Objects whose keys begin with `prefix`, by key. */
  list(prefix: string): Promise<ReadonlyMap<string, StoredObject>>;
  /** Whether an object has these bytes. Reads it back where the store knows no digest of it. */
  isSame(key: string, stored: StoredObject, fingerprint: Fingerprint): Promise<boolean>;
  /** Sends an object; what a run before this one has sent of it is kept. Returns how many bytes were sent. */
  send(object: SentObject): Promise<number>;
  readText(key: string): Promise<StoredText | undefined>;
  /** Writes a text in the place of `replaced`, or where there is none; false when somebody else was faster. */
  writeText(key: string, text: string, form: TextForm, replaced: StoredText | undefined): Promise<boolean>;
  /** Fetches an object to a new file. */
  download(key: string, file: string, limitBytes: number): Promise<void>;
  remove(key: string): Promise<void>;
  /** Where the objects below `prefix` are put together, when they appear there in one step at the end. */
  readonly staging?: Staging;
}

export interface TextForm {
  readonly contentType: string;
  readonly cacheControl: string;
}

export interface Staging {
  place(prefix: string): string;
  /** Gives what was put together its place. */
  reveal(prefix: string): void;
}
