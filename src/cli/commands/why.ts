/** `kubewright why`: what would be rebuilt, and the file, flag, variable or toolchain that is the reason. */
import type { Command } from 'commander';
import { rememberedClosures } from '../../execute/closures.ts';
import { differences, keyOf } from '../../execute/key.ts';
import type { Step } from '../../plan/step.ts';
import type { Closure } from '../../tree/packages/graph.ts';
import { type PreparedBuild, prepareBuild } from '../build/prepare.ts';
import { addBuildOptions, readBuildRequest } from '../build/request.ts';
import { type Memory, openMemory } from '../build/run.ts';
import type { Start } from '../commands.ts';
import { openSession } from '../session.ts';

interface Answer {
  readonly step: string;
  readonly title: string;
  readonly fresh: boolean;
  readonly reasons: readonly string[];
}

const MAX_REASONS = 12;

export function configure(command: Command, start: Start): void {
  addBuildOptions(command).action((what: string[], values: Record<string, unknown>) =>
    start(async (context) => {
      const session = await openSession(context);
      const build = await prepareBuild(session, readBuildRequest(what, values, context.host, session.config));
      const memory = openMemory(build);
      const closures = rememberedClosures(build.steps, memory.graph, build.toolchain.version);
      const answers = build.steps.map((step) => answer(build, memory, step, closures.get(step)));
      context.print(context.options.json ? JSON.stringify(answers) : answers.map(toText).join('\n'));
      return 0;
    }),
  );
}

function answer(build: PreparedBuild, memory: Memory, step: Step, closure: Closure | undefined): Answer {
  const { files } = build.session.context.host;
  const record = memory.state.steps[step.id];
  const { id, title } = step;
  if (!record) return { step: id, title, fresh: false, reasons: ['it was never built here'] };
  const before = memory.history.step(id);
  const entries = new Map(closure?.entries.map((entry) => [entry.name, entry]));
  const entryOf = (name: string) => entries.get(name) ?? memory.graph.known(name);
  const packages = closure?.packages ?? packagesNow(memory, Object.entries(before?.packages ?? {}));
  const reasons = differences(
    before,
    step,
    packages,
    (name) => {
      const entry = entryOf(name);
      return entry && memory.graph.fileDigests(entry);
    },
    (digest) => memory.history.files(digest),
  );
  const missing = record.outputs
    .filter((output) => !files.exists(output.path))
    .map((output) => `${output.path} is gone`);
  if (closure && record.key === keyOf(step, closure.packages)) {
    return { step: id, title, fresh: missing.length === 0, reasons: missing };
  }
  const unexplained =
    reasons.length === 0 ? ['imports, build constraints or the files of a package changed'] : [];
  return { step: id, title, fresh: false, reasons: [...reasons, ...missing, ...unexplained] };
}

/** Packages of an earlier build with the content that they have now. */
function packagesNow(memory: Memory, before: readonly [string, string][]): Map<string, string> {
  return new Map(
    before.map(([name, digest]) => {
      const entry = memory.graph.known(name);
      return [name, entry ? memory.graph.contentDigest(entry) : digest];
    }),
  );
}

function toText({ title, fresh, reasons }: Answer): string {
  if (fresh) return `${title}: nothing to do`;
  const shown = reasons.slice(0, MAX_REASONS).map((reason) => `  ${reason}`);
  const more = reasons.length - MAX_REASONS;
  return [`${title}: would be built`, ...shown, ...(more > 0 ? [`  and ${more} more reasons`] : [])].join(
    '\n',
  );
}
