/** `generate` with nothing to do: what decides the answer is compared by its stats, and nothing is planned. */
import { answerBySighting, rememberSighting } from '../../execute/stillness.ts';
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import type { FileStat } from '../../host/files.ts';
import { formatCount, formatDuration } from '../../report/units.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import type { Session } from '../session.ts';
import { VERSION } from '../version.ts';
import type { PreparedGeneration } from './prepare.ts';

const NAME = 'generated-still';

/** Says so and returns true when everything is as it was when it was found fresh. */
export function tellStill(session: Session, words: readonly string[], toolchain: Toolchain): boolean {
  const { context, own, tree } = session;
  const { host, options } = context;
  const started = host.clock.monotonic();
  const answer = answerBySighting(host, `${own}/${NAME}`, tree.root, questionOf(session, words, toolchain));
  if (answer === undefined) return false;
  const time = formatDuration(host.clock.monotonic() - started);
  if (!options.quiet)
    host.stderr.write(
      `Nothing to do: ${formatCount(answer.outputs, 'output is', 'outputs are')} fresh (${time})\n`,
    );
  return true;
}

/** Remembers all that a run looked at which found everything fresh; not when something is too young to be trusted. */
export function rememberStill(prepared: PreparedGeneration, words: readonly string[], began: number): void {
  const { session, sights, reader, toolchain, outputs, state } = prepared;
  const { context, own, tree } = session;
  const { host } = context;
  const looks = sights.index.looks();
  if (!looks) return;
  const present = new Map<string, FileStat>(looks.present);
  const absent = new Set<string>(looks.absent);
  const read = reader.looks.map(({ path }) => path);
  const files = outputs.flatMap(({ step }) => state.outputs[step.id]?.files ?? []);
  for (const path of new Set([...read, ...files.map((file) => file.path)])) {
    if (present.has(path)) continue;
    const stat = host.files.stat(`${tree.root}/${path}`);
    if (!stat) absent.add(path);
    else if (Math.max(stat.mtime, stat.ctime) > began - YOUNG) return;
    else present.set(path, stat);
  }
  const question = questionOf(session, words, toolchain);
  const count = files.length || outputs.length;
  rememberSighting(host, `${own}/${NAME}`, { question, outputs: count, present, absent: [...absent] });
}

/** A file system that counts whole seconds, and then some. */
const YOUNG = 2_000;

/** Everything that is no file of the tree. */
function questionOf(
  { context, tree, layout, config }: Session,
  words: readonly string[],
  toolchain: Toolchain,
): Digest {
  const facts = [tree.root, tree.label, tree.goPackage, tree.goMode, layout, config.generators ?? null];
  return digestOfBytes(
    JSON.stringify([VERSION, context.host.platform, words, toolchain.digest, toolchain.root, facts]),
  );
}
