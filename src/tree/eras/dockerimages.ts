/** Dockerfiles of a tree as declarations: what copies, names and settings say. What runs programs cannot be made so. */
import { type Diagnostic, error, type Location } from '../../diagnostic/diagnostic.ts';
import type { DockerInstruction, DockerStage } from '../../formats/dockerfile.ts';
import type { ConfigChanges } from '../../formats/oci/assemble.ts';
import type { ImageContent, ImageCopy, ImageDeclaration } from '../images.ts';

type Names = Omit<ImageDeclaration, 'base' | 'copies' | 'settings' | 'where'>;

interface StageState {
  readonly base: string;
  /** Files that a stage copied in, by their place: for `COPY --from`. */
  readonly files: Map<string, { content: ImageContent; mode?: number; capabilities?: string }>;
}

/** Follows the stages; `contentOf` tells what a word of the build context stands for. */
export function dockerfileImage(
  names: Names,
  file: string,
  stages: readonly DockerStage[],
  contentOf: (word: string) => ImageContent,
): { image: ImageDeclaration } | { diagnostic: Diagnostic } {
  const states: StageState[] = [];
  let copies: ImageCopy[] = [];
  let settings: ConfigChanges = {};
  for (const stage of stages) {
    const earlier = stages.findIndex(({ name }) => name !== undefined && name === stage.base);
    const state: StageState = { base: states[earlier]?.base ?? stage.base, files: new Map() };
    const isKept = earlier >= 0 && earlier === states.length - 1;
    if (!isKept) [copies, settings] = [[], {}];
    for (const instruction of stage.instructions) {
      const at: Location = { file, line: instruction.line };
      switch (instruction.kind) {
        case 'copy': {
          const copy = copyOf(instruction, states, stages, state, contentOf);
          if (!copy)
            return { diagnostic: needsRunning(names.name, at, 'copies from an image of another name') };
          copies.push(copy);
          break;
        }
        case 'run': {
          const problem = grant(instruction, state);
          if (problem) return { diagnostic: needsRunning(names.name, at, problem) };
          break;
        }
        case 'other':
          // What a container is told at its start only; nothing of Kubernetes uses it.
          if (
            !['EXPOSE', 'VOLUME', 'STOPSIGNAL', 'MAINTAINER', 'SHELL', 'HEALTHCHECK'].includes(
              instruction.word,
            )
          )
            return { diagnostic: needsRunning(names.name, at, `has the instruction ${instruction.word}`) };
          break;
        default:
          settings = { ...settings, ...settingOf(instruction, settings) };
      }
    }
    states.push(state);
  }
  const last = stages.at(-1);
  if (!last) return { diagnostic: needsRunning(names.name, { file }, 'has no FROM') };
  return {
    image: {
      ...{ ...names, base: states.at(-1)?.base ?? last.base, copies, settings },
      where: { file, line: last.line },
    },
  };
}

type Copy = Extract<DockerInstruction, { kind: 'copy' }>;

function copyOf(
  { from, sources, target, mode }: Copy,
  states: readonly StageState[],
  stages: readonly DockerStage[],
  state: StageState,
  contentOf: (word: string) => ImageContent,
): ImageCopy | undefined {
  const place = (source: string) =>
    target.endsWith('/') ? `${target}${source.replace(/\/+$/, '').replace(/^.*\//, '')}` : target;
  if (from === undefined) {
    const contents = sources.map(contentOf);
    for (const [i, content] of contents.entries())
      state.files.set(place(sources[i] ?? ''), { content, ...(mode === undefined ? {} : { mode }) });
    return { contents, target, ...(mode === undefined ? {} : { mode }) };
  }
  const index = /^\d+$/.test(from) ? Number(from) : stages.findIndex(({ name }) => name === from);
  const found = sources.map((source) => states[index]?.files.get(source));
  const [first] = found;
  if (!first || found.includes(undefined)) return undefined;
  for (const [i, one] of found.entries()) if (one) state.files.set(place(sources[i] ?? ''), one);
  const kept = mode ?? first.mode;
  return {
    ...{ contents: found.map((one) => (one as { content: ImageContent }).content), target },
    ...(kept === undefined ? {} : { mode: kept }),
    ...(first.capabilities ? { capabilities: first.capabilities } : {}),
  };
}

/** `setcap CAPABILITIES FILE` is the one command that is done rather than run; the rest is said back. */
function grant(
  { argv, text }: Extract<DockerInstruction, { kind: 'run' }>,
  state: StageState,
): string | undefined {
  const [program, capabilities = '', path = ''] = argv;
  const file = state.files.get(path);
  if (program !== 'setcap' || !file || argv.length !== 3) return `runs ${text.slice(0, 80)}`;
  state.files.set(path, { ...file, capabilities });
  return undefined;
}

function settingOf(instruction: DockerInstruction, before: ConfigChanges): ConfigChanges {
  switch (instruction.kind) {
    case 'env':
      return { environment: [...(before.environment ?? []), ...instruction.pairs] };
    case 'label':
      return { labels: { ...before.labels, ...Object.fromEntries(instruction.pairs) } };
    case 'entrypoint':
      return { entrypoint: instruction.argv };
    case 'cmd':
      return { command: instruction.argv };
    case 'user':
      return { user: instruction.value };
    case 'workdir':
      return { workingDirectory: instruction.value };
    default:
      return {};
  }
}

function needsRunning(name: string, where: Location, what: string): Diagnostic {
  return error('image/needs-running', {
    what: `the image ${name} cannot be made without a container engine: its Dockerfile ${what}`,
    where: [where],
    why: 'images are put together from files; nothing in them is run',
    help: `declare ${name} in kubewright.yaml with a base that has what that line makes (docs/guide/images.md), or build it with docker buildx`,
  });
}
