/** Reads what an index has to tell of an rpm: the two headers in front of its payload. */
import { type HeaderValues, readHeader } from './header.ts';
import { SENSE, SIGNATURE_TAGS, TAGS } from './tags.ts';

export interface ReadRelation {
  readonly name: string;
  readonly flags: number;
  readonly version: string;
}

export interface ReadRpm {
  /** Where the main header lies. */
  readonly headerStart: number;
  readonly headerEnd: number;
  /** Bytes of the payload before compression. */
  readonly payloadSize: number;
  text(tag: keyof typeof TAGS): string;
  number(tag: keyof typeof TAGS): number;
  relations(kind: 'provide' | 'require' | 'conflict' | 'obsolete' | 'recommend' | 'suggest'): ReadRelation[];
  readonly files: readonly { readonly path: string; readonly isDirectory: boolean }[];
  readonly changelog: readonly { readonly author: string; readonly time: number; readonly text: string }[];
}

const LEAD_BYTES = 96;
const LEAD_MAGIC = 0xedabeedb;

/** Undefined when the file is no rpm, a source package, or damaged. */
export function readRpm(read: (start: number, length: number) => Buffer): ReadRpm | undefined {
  const lead = read(0, LEAD_BYTES);
  if (lead.length < LEAD_BYTES || lead.readUInt32BE(0) !== LEAD_MAGIC || lead.readUInt16BE(6) !== 0)
    return undefined;
  const signatures = readHeader(read, LEAD_BYTES);
  if (!signatures) return undefined;
  const main = readHeader(read, signatures.end + ((8 - (signatures.end % 8)) % 8));
  if (!main || !stringsOf(main.values, TAGS.name.number)[0]) return undefined;
  const { values } = main;
  const text = (tag: keyof typeof TAGS) => stringsOf(values, TAGS[tag].number)[0] ?? '';
  const numbers = (tag: keyof typeof TAGS) => numbersOf(values, TAGS[tag].number);
  return {
    headerStart: main.start,
    headerEnd: main.end,
    payloadSize: numbersOf(signatures.values, SIGNATURE_TAGS.payloadSize.number)[0] ?? 0,
    text,
    number: (tag) => numbers(tag)[0] ?? 0,
    relations: (kind) => {
      const flags = numbers(`${kind}Flags`);
      const versions = stringsOf(values, TAGS[`${kind}Versions`].number);
      return stringsOf(values, TAGS[`${kind}Names`].number).map((name, i) => ({
        ...{ name, flags: flags[i] ?? 0, version: versions[i] ?? '' },
      }));
    },
    files: filesOf(values),
    changelog: stringsOf(values, TAGS.changelogNames.number).map((author, i) => ({
      author,
      time: numbers('changelogTimes')[i] ?? 0,
      text: stringsOf(values, TAGS.changelogTexts.number)[i] ?? '',
    })),
  };
}

/** Whether a relation holds for rpm alone, or for the scripts before the files are there. */
export const BEFORE_INSTALL = SENSE.beforeInstall | SENSE.afterInstall;

function filesOf(values: HeaderValues): { readonly path: string; readonly isDirectory: boolean }[] {
  const directories = stringsOf(values, TAGS.directoryNames.number);
  const indexes = numbersOf(values, TAGS.directoryIndexes.number);
  const modes = numbersOf(values, TAGS.fileModes.number);
  return stringsOf(values, TAGS.baseNames.number).map((name, i) => ({
    path: `${directories[indexes[i] ?? 0] ?? '/'}${name}`,
    isDirectory: ((modes[i] ?? 0) & 0o170000) === 0o040000,
  }));
}

function stringsOf(values: HeaderValues, number: number): readonly string[] {
  const value = values.get(number);
  return Array.isArray(value) && typeof value[0] === 'string' ? (value as readonly string[]) : [];
}

function numbersOf(values: HeaderValues, number: number): readonly number[] {
  const value = values.get(number);
  return Array.isArray(value) && typeof value[0] === 'number' ? (value as readonly number[]) : [];
}
