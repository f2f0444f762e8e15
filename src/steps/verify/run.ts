/** Compares artifacts byte by byte, and where they differ member by member and section by section. */
import { createHash } from 'node:crypto';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { readBinary } from '../../formats/binary/binary.ts';
import { differingBytes, differingSections } from '../../formats/binary/sections.ts';
import { MalformedArchive, type Member, membersOf } from '../../formats/unpack.ts';
import type { Host } from '../../host/host.ts';
import type { Difference } from './difference.ts';

export interface Comparison {
  readonly host: Host;
  /** Directory for members that are looked into. */
  readonly scratch: string;
  /** Go variables that hold the version. */
  readonly variables: readonly string[];
  readonly signal: AbortSignal;
}

/** All differences of two files; none when their bytes are equal. */
export async function compareFiles(
  comparison: Comparison,
  released: string,
  rebuilt: string,
): Promise<Difference[]> {
  const { host, scratch } = comparison;
  if (host.files.digest(released) === host.files.digest(rebuilt)) return [];
  const [left, right] = [await summary(comparison, released), await summary(comparison, rebuilt)];
  if (left.length === 1 || right.length === 1) return compareContents(comparison, [], released, rebuilt);
  const found = compareLists(left, right);
  const others = new Map(right.map((member) => [keyOf(member), member]));
  const changed = left.filter((member) => {
    const other = others.get(keyOf(member));
    return other !== undefined && other.digest !== member.digest;
  });
  host.files.makeDirectory(scratch);
  for (const { path } of changed) {
    const [one, two] = [`${scratch}/released`, `${scratch}/rebuilt`];
    await extract(comparison, released, path, one);
    await extract(comparison, rebuilt, path, two);
    found.push(...compareContents(comparison, path, one, two));
  }
  host.files.remove(scratch);
  return found.length > 0 ? found : [{ kind: 'packing', path: [] }];
}

interface Summary extends Pick<Member, 'path' | 'kind' | 'facts'> {
  readonly digest: string;
}

function keyOf({ path }: Pick<Member, 'path'>): string {
  return path.join('\0');
}

/** Every member with its digest; one for a file that is no archive. An archive in an archive is its members. */
async function summary({ host, signal }: Comparison, path: string): Promise<Summary[]> {
  const found: Summary[] = [];
  try {
    for await (const member of membersOf(host.files.chunks(path))) {
      signal.throwIfAborted();
      const sum = createHash('sha256');
      for await (const chunk of member.content) sum.update(chunk);
      const digest = member.archive === undefined ? sum.digest('hex') : '';
      found.push({ path: member.path, kind: member.kind, facts: member.facts, digest });
    }
  } catch (problem) {
    if (problem instanceof MalformedArchive) throw new Failure(damaged(path, problem));
    throw problem;
  }
  return found;
}

function compareLists(released: readonly Summary[], rebuilt: readonly Summary[]): Difference[] {
  const found: Difference[] = [];
  const others = new Map(rebuilt.map((member) => [keyOf(member), member]));
  const own = new Set(released.map(keyOf));
  for (const member of released) {
    const other = others.get(keyOf(member));
    if (!other) found.push({ kind: 'extra', path: member.path });
    else found.push(...compareFacts(member, other));
  }
  for (const member of rebuilt)
    if (!own.has(keyOf(member))) found.push({ kind: 'missing', path: member.path });
  const common = (list: readonly Summary[], in_: (key: string) => boolean) =>
    list.map(keyOf).filter(in_).join('\n');
  if (common(released, (key) => others.has(key)) !== common(rebuilt, (key) => own.has(key)))
    found.push({ kind: 'order', path: [] });
  return found;
}

function compareFacts(released: Summary, rebuilt: Summary): Difference[] {
  const names = new Set([...Object.keys(released.facts), ...Object.keys(rebuilt.facts)]);
  const facts = [...names].flatMap((fact) => {
    const [one, two] = [released.facts[fact], rebuilt.facts[fact]].map((value) => String(value ?? 'none'));
    return one === two ? [] : [{ fact, released: one as string, rebuilt: two as string }];
  });
  if (released.kind !== rebuilt.kind)
    facts.push({ fact: 'kind', released: released.kind, rebuilt: rebuilt.kind });
  return facts.map((one) => ({ kind: 'facts', path: released.path, ...one }));
}

function compareContents(
  { host, variables }: Comparison,
  path: readonly string[],
  released: string,
  rebuilt: string,
): Difference[] {
  return host.files.readAtPlaces(released, (a) =>
    host.files.readAtPlaces(rebuilt, (b) => {
      const sections = differingSections(a, b);
      if (!sections) {
        const found = differingBytes(a, { offset: 0, size: a.size }, b, { offset: 0, size: b.size });
        return found ? [{ kind: 'bytes', path, ...found }] : [];
      }
      const versions = [a, b].map((source) => versionOf(readBinary(source, '', variables)));
      const [one = '', two = ''] = versions;
      const version: Difference[] =
        one === two ? [] : [{ kind: 'version', path, released: one, rebuilt: two }];
      return [{ kind: 'sections', path, sections }, ...version];
    }),
  );
}

function versionOf(read: ReturnType<typeof readBinary>): string {
  if (!read.ok) return 'damaged headers';
  const { goVersion = 'no Go version', variables } = read.value;
  return [
    goVersion,
    ...Object.entries(variables).map(([name, value]) => `${name.replace(/^.*\./, '')}=${value}`),
  ].join(' ');
}

async function extract(
  { host }: Comparison,
  archive: string,
  wanted: readonly string[],
  to: string,
): Promise<void> {
  host.files.write(to, '');
  for await (const { path, content, archive: form } of membersOf(host.files.chunks(archive))) {
    if (form !== undefined || keyOf({ path }) !== keyOf({ path: wanted })) continue;
    for await (const chunk of content) host.files.append(to, chunk);
    return;
  }
}

function damaged(path: string, problem: MalformedArchive) {
  return error('archive/damaged', {
    what: `${path} is damaged: ${problem.message}`,
    where: [{ file: path }],
    why: 'to name what differs, both archives are read to their ends',
    help: 'fetch it again; a release whose checksums do not hold needs no comparison',
  });
}
