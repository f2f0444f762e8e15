/** Finds out where artifacts come from: the runs of this checkout, and what their Steps were made of. */
import { type Diagnostic, error, Failure, warning } from '../../diagnostic/diagnostic.ts';
import { History } from '../../execute/history.ts';
import { keyOf } from '../../execute/key.ts';
import { loadState } from '../../execute/state.ts';
import type { Step } from '../../plan/step.ts';
import { foldRun, type RunRecord } from '../../report/fold.ts';
import { JOURNAL_FILE, readJournal } from '../../report/journal.ts';
import { hasJournal, listRuns } from '../../report/runs.ts';
import type { InputFile, Origin, StepInputs } from '../../steps/attest/provenance.ts';
import type { Session } from '../session.ts';

export interface Origins {
  readonly origins: readonly Origin[];
  readonly inputsOf: (origin: Origin) => StepInputs;
  readonly diagnostics: readonly Diagnostic[];
}

/** Steps that made these digests, and the Steps that made what those were packed from. */
export function findOrigins(session: Session, wanted: ReadonlyMap<string, string>): Origins {
  const byDigest = originsByDigest(session);
  const unknown = [...wanted].filter(([, digest]) => !byDigest.has(digest)).map(([name]) => name);
  if (unknown.length > 0) throw new Failure(...unknown.map((name) => originUnknown(session, name)));
  const found = new Set<Origin>();
  const queue = [...wanted.values()];
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    const origin = byDigest.get(digest);
    if (!origin || found.has(origin)) continue;
    found.add(origin);
    queue.push(...origin.step.inputs.map((input) => input.digest));
  }
  const inputsOf = inputReader(session);
  const origins = [...found];
  const forgotten = origins.filter((origin) => !inputsOf(origin).files).map(({ step }) => step.title);
  return { origins, inputsOf, diagnostics: forgotten.map(inputsForgotten) };
}

/** The newest run that built a digest; where none did, the newest that restored it. */
function originsByDigest({ context, own }: Session): Map<string, Origin> {
  const { host } = context;
  const found = new Map<string, Origin>();
  for (const name of listRuns(host, `${own}/runs`)) {
    const directory = `${own}/runs/${name}`;
    if (!hasJournal(host, directory)) continue;
    const path = `${directory}/${JOURNAL_FILE}`;
    const run: RunRecord = foldRun(readJournal(host.files.readBytes(path), path).events);
    for (const step of run.steps.values()) {
      if (step.state !== 'built' && step.state !== 'restored') continue;
      const origin: Origin = { run, step };
      for (const { digest } of step.outputs)
        if (step.state === 'built' || found.get(digest)?.step.state !== 'built') found.set(digest, origin);
    }
  }
  return found;
}

/** What a Step read: of a packed one its log tells; of a compiled one what we keep to explain its staleness. */
function inputReader({ context, own, tree }: Session): (origin: Origin) => StepInputs {
  const { host } = context;
  const history = new History(host, `${own}/history.json`);
  const state = loadState(host, `${own}/state.json`);
  const directories = new Map<string, string>();
  for (const { packages } of Object.values(state.graph.listings))
    for (const { name, directory } of Object.values(packages)) directories.set(name, directory);
  // The history keeps the start of each digest; the index knows all of it.
  const oneFile = (path: string, start: string): InputFile | undefined => {
    const digest = state.files[path]?.[6];
    return digest?.startsWith(start) ? { path, digest } : undefined;
  };
  const filesOf = (name: string, digest: string): (InputFile | undefined)[] => {
    const directory = directories.get(name);
    if (directory === undefined) return [oneFile(name, digest)];
    const files = history.files(digest);
    if (!files) return [undefined];
    return files.map((line) => {
      const blank = line.lastIndexOf(' ');
      const file = line.slice(0, blank);
      return oneFile(directory === '.' ? file : `${directory}/${file}`, line.slice(blank + 1));
    });
  };
  const known = new Map<Origin, StepInputs>();
  const read = ({ step }: Origin): StepInputs => {
    if (step.inputs.length > 0) {
      const files = step.inputs.map(({ path, digest }) => ({ path: relative(tree.root, path), digest }));
      return { parts: {}, files };
    }
    const past = history.step(step.id);
    if (!past) return { parts: {} };
    const { keyParts, packages } = past;
    // The key in the log proves that this is what the Step was made of.
    const isSame = keyOf({ keyParts } as Step, new Map(Object.entries(packages))) === step.key;
    if (!isSame) return { parts: {} };
    const files = Object.entries(packages).flatMap(([name, digest]) => filesOf(name, digest));
    const found = files.filter((file) => file !== undefined);
    return { parts: keyParts, ...(found.length === files.length ? { files: found } : {}) };
  };
  return (origin) => {
    const inputs = known.get(origin) ?? read(origin);
    known.set(origin, inputs);
    return inputs;
  };
}

function relative(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

function originUnknown({ own }: Session, name: string): Diagnostic {
  return error('attest/origin-unknown', {
    what: `no run here made ${name}`,
    why: `provenance is written from what runs recorded, and none in ${own}/runs has an output with these bytes`,
    help: 'build or pack it with kubewright in this checkout, then attest it before it is changed (stripped, signed in place); runs older than the newest fifty are forgotten',
  });
}

function inputsForgotten(title: string): Diagnostic {
  return warning('attest/inputs-forgotten', {
    what: `which files ${title} was made of is not known any more`,
    why: 'it was built again since with other files or flags, so what is kept of it is about the later build; its key still stands in the provenance',
    help: 'build it again as it was meant, then attest: kubewright build keeps the inputs of the last build of each target',
  });
}
