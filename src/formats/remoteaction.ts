/**
 * The messages of the Bazel Remote Execution API v2 that name a unit of work: Action, Command, Directory
 * (build/bazel/remote/execution/v2/remote_execution.proto). Their canonical bytes give the digest under which a
 * local store and a remote engine know the same work. Our own subset, with the protocol's field numbers.
 */
import { hash } from 'node:crypto';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Digest } from './digest.ts';

/** Digest and size in bytes of a blob: REAPI `Digest`. */
export interface Blob {
  readonly digest: Digest;
  readonly size: number;
}

export interface RemoteCommand {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Relative to the input root. */
  readonly outputPaths: readonly string[];
  readonly platform?: Readonly<Record<string, string>>;
}

/** Path relative to the input root → what lies there. */
export type InputRoot = ReadonlyMap<string, Blob>;

/** Digest of the Action: what to run on which inputs, and nothing about who asks, where or when. */
export function actionDigest(command: RemoteCommand, inputs: InputRoot): Digest {
  const commandBlob = blobOf(encodeCommand(command));
  const action = new BinaryWriter();
  writeDigest(action, 1, commandBlob);
  writeDigest(action, 2, inputRootDigest(inputs));
  return blobOf(action.finish()).digest;
}

/** Digest of the Merkle tree of the inputs; its Directory messages hold their nodes in byte order of the names. */
export function inputRootDigest(inputs: InputRoot): Blob {
  const root: Folder = { files: [], folders: new Map() };
  for (const [path, blob] of inputs) {
    const names = path.split('/');
    const name = names.pop() as string;
    let folder = root;
    for (const step of names) {
      let next = folder.folders.get(step);
      if (!next) {
        next = { files: [], folders: new Map() };
        folder.folders.set(step, next);
      }
      folder = next;
    }
    folder.files.push([name, blob]);
  }
  return folderBlob(root);
}

interface Folder {
  readonly files: [string, Blob][];
  readonly folders: Map<string, Folder>;
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

function folderBlob(folder: Folder): Blob {
  const writer = new BinaryWriter();
  for (const [name, blob] of folder.files.sort(byName)) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writeDigest(writer, 2, blob);
    writer.join();
  }
  for (const [name, child] of [...folder.folders].sort(byName)) {
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writeDigest(writer, 2, folderBlob(child));
    writer.join();
  }
  return blobOf(writer.finish());
}

function encodeCommand(command: RemoteCommand): Uint8Array {
  const writer = new BinaryWriter();
  for (const word of command.arguments) writer.tag(1, WireType.LengthDelimited).string(word);
  writePairs(writer, 2, command.environment);
  if (command.platform) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writePairs(writer, 1, command.platform);
    writer.join();
  }
  for (const path of [...command.outputPaths].sort()) writer.tag(7, WireType.LengthDelimited).string(path);
  return writer.finish();
}

function writePairs(writer: BinaryWriter, field: number, pairs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(pairs).sort(byName)) {
    writer.tag(field, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
}

function writeDigest(writer: BinaryWriter, field: number, blob: Blob): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(blob.digest);
  if (blob.size !== 0) writer.tag(2, WireType.Varint).int64(blob.size);
  writer.join();
}

function blobOf(bytes: Uint8Array): Blob {
  return { digest: hash('sha256', bytes, 'hex'), size: bytes.length };
}
