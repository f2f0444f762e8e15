/**
 * Layers of Windows images: files lie below `Files`, beside an empty `Hives` for the registry, and pax headers tell what
 * the file system of Windows keeps of each (OCI image-spec, layer.md; hcsshim and BuildKit read and write it so).
 */

/** Where everything of a Windows layer lies. */
export const WINDOWS_ROOT = 'Files';
export const WINDOWS_HIVES = 'Hives';

/** Pax records of a member: its attributes, and who may do what with it. */
export function windowsRecords(kind: 'file' | 'directory' | 'symlink'): Record<string, string> {
  const isDirectory = kind === 'directory';
  return {
    'MSWINDOWS.fileattr': String(isDirectory ? DIRECTORY : ARCHIVE),
    'MSWINDOWS.rawsd': securityDescriptor(isDirectory).toString('base64'),
  };
}

/** MS-FSCC 2.6. */
const DIRECTORY = 0x10;
const ARCHIVE = 0x20;

/** Security identifiers (MS-DTYP 2.4.2.4). */
const ADMINISTRATORS = sid(5, 32, 544);
const USERS = sid(5, 32, 545);
const SYSTEM = sid(5, 18);

const FULL = 0x1f01ff;
const READ_AND_EXECUTE = 0x1200a9;
/** What is made below inherits the entry. */
const INHERITED = 0x03;

/** Of the administrators and the system, readable by users; in the self-relative form (MS-DTYP 2.4.6). */
function securityDescriptor(isDirectory: boolean): Buffer {
  const flags = isDirectory ? INHERITED : 0;
  const entries = [
    allowed(flags, FULL, SYSTEM),
    allowed(flags, FULL, ADMINISTRATORS),
    allowed(flags, READ_AND_EXECUTE, USERS),
  ];
  const list = Buffer.alloc(8);
  list.writeUInt8(2, 0);
  list.writeUInt16LE(list.length + entries.reduce((sum, entry) => sum + entry.length, 0), 2);
  list.writeUInt16LE(entries.length, 4);
  const header = Buffer.alloc(20);
  header.writeUInt8(1, 0);
  header.writeUInt16LE(SELF_RELATIVE | HAS_LIST, 2);
  header.writeUInt32LE(header.length, 4);
  header.writeUInt32LE(header.length + ADMINISTRATORS.length, 8);
  header.writeUInt32LE(header.length + ADMINISTRATORS.length + SYSTEM.length, 16);
  return Buffer.concat([header, ADMINISTRATORS, SYSTEM, list, ...entries]);
}

const SELF_RELATIVE = 0x8000;
const HAS_LIST = 0x0004;

/** ACCESS_ALLOWED_ACE (MS-DTYP 2.4.4.2). */
function allowed(flags: number, mask: number, who: Buffer): Buffer {
  const entry = Buffer.alloc(8);
  entry.writeUInt8(flags, 1);
  entry.writeUInt16LE(entry.length + who.length, 2);
  entry.writeUInt32LE(mask, 4);
  return Buffer.concat([entry, who]);
}

function sid(authority: number, ...parts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUInt8(authority, 7);
  for (const [i, part] of parts.entries()) bytes.writeUInt32LE(part, 8 + 4 * i);
  return bytes;
}
