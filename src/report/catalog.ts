/** What every field of every Event means: the source of docs/reference/events.md. A field without a word here does not compile. */
import type { EventBody } from './events.ts';

type FieldsOf<T> = T extends unknown ? Exclude<keyof T, 'type'> : never;

interface EventEntry<T extends EventBody['type']> {
  readonly when: string;
  readonly fields: Readonly<Record<FieldsOf<Extract<EventBody, { type: T }>>, string>>;
}

/** Every Event type, in the order in which a run meets them. */
export const EVENT_CATALOG: { readonly [T in EventBody['type']]: EventEntry<T> } = {
  'run-started': {
    when: 'First, once.',
    fields: {
      run: 'name of the run, and of its directory',
      command: 'words of the command line',
      tree: 'absolute path of the tree',
      label: 'family and era of the tree, for people',
      treeVersion: 'version that is stamped into binaries; empty when the tree has none',
      toolchain: 'Go that builds: `go1.15.15`',
      kubewright: 'version of kubewright',
      environment:
        'settings of builds that the environment held: `KUBE_…`, `GOFLAGS`, `SOURCE_DATE_EPOCH` and the like',
      host: '`platform` (`linux/amd64`), `cpus`, `memoryBytes` of this machine',
    },
  },
  diagnostic: {
    when: 'Whenever something is wrong or worth a warning.',
    fields: {
      diagnostic:
        '`code`, `severity` (`error`, `warning`, `note`), `what`, `where` (places with `file`, `line`, `column`, `length`, `text`, `note`; only `file` is always there), `why` (optional), `help`',
    },
  },
  'plan-made': {
    when: 'Once everything is read: all Steps, each behind those that it needs.',
    fields: { steps: 'each with `id`, `kind`, `title`, `needs` (ids) and, where it has one, `platform`' },
  },
  'release-described': {
    when: 'Behind the plan of a release: what it is made of.',
    fields: {
      version: 'version of the release; empty when the tree has none',
      artifacts:
        'each with `path` (that of the finished output, which tells size and digest), `kind` (`archive`, `image`), `platform`, `contents` (`path`, `files`, `size`; a directory with a slash stands for all that lies in it; `made`: the artifact that it is); images have `names`, `base` (`name`, `digest`, `layers`, `size`) and `layers` (`createdBy`, `size`) too',
    },
  },
  forecast: {
    when: 'Before a run of more than twenty seconds that compiles package by package, once it is known what is to be made.',
    fields: {
      milliseconds: 'time that it will take, at most: packages that turn out to be kept already take none',
      packages: 'packages to compile',
      programs: 'programs to link',
      learned:
        'share of these whose cost was measured on this machine, 0 to 1; the rest is guessed from sizes',
      memoryBytes: 'most memory that the compilers and linkers will hold together',
      diskBytes: 'bytes that the store may keep of it',
    },
  },
  'step-started': {
    when: 'Work on a Step begins. A Step that is fresh never starts.',
    fields: { step: 'id of the Step', because: 'why it is not fresh, one line' },
  },
  'step-progress': {
    when: 'A package was compiled.',
    fields: {
      step: 'id of the first Step of the batch',
      done: 'packages compiled so far',
      total:
        'packages that the batch holds; those that Go has in its cache are never told, so `done` may end below it',
      detail: 'import path of the package',
      leftMilliseconds: 'until the whole run ends, at most; absent when nobody can tell',
    },
  },
  'step-output': {
    when: 'A process of the Step printed a line.',
    fields: { step: 'id of the Step', line: 'the line, without its line feed' },
  },
  'step-finished': {
    when: 'Once for every Step of the plan.',
    fields: {
      step: 'id of the Step',
      outcome: '`fresh`, `restored`, `built`, `failed` or `cancelled`',
      milliseconds: 'time spent on it; Steps of one batch share theirs',
      outputs: 'files with `path`, `size` in bytes and `digest` (SHA-256)',
      key: 'digest of everything the outputs depend on; absent when it never came to that',
      inputs: 'of an artifact that was made or restored: the files in it, with `path` and `digest`',
    },
  },
  'package-finished': {
    when: 'A Go package, which several Steps may share, has been compiled or was found in the store.',
    fields: {
      package: 'its import path; `p [q.test]` for one compiled anew with tests',
      platform: 'what it was compiled for',
      outcome: '`built`, or `restored` when the store had it',
      milliseconds: 'wall time of its tools; 0 when it was found',
      key: 'digest of the remote Action that it is: commands, sources, interfaces of its imports, tools',
    },
  },
  'program-linked': {
    when: 'A program has been linked or was found in the store; its version may be written into it afterwards.',
    fields: {
      program: 'import path of its main package',
      platform: 'what it was linked for',
      outcome: '`built`, or `restored` when the store had it',
      milliseconds: 'wall time of the linker; 0 when it was found',
      key: 'digest of the remote Action that it is',
    },
  },
  'command-started': {
    when: 'A process starts.',
    fields: {
      id: 'number of the process in this run, from 1',
      steps: 'ids of all Steps that it works for',
      argv: 'program and arguments, exactly',
      workingDirectory: 'absolute path',
      environment: 'the whole environment; secrets are `***`',
      pid: 'process id, which leads its process group',
    },
  },
  'command-finished': {
    when: 'The process has ended.',
    fields: { id: 'its number', exitCode: 'its exit code', milliseconds: 'its wall time' },
  },
  'run-finished': {
    when: 'Last, once. A log without it is of a run that goes on or was killed.',
    fields: {
      exitCode: '0 done, 1 build failed, 2 wrong request, 130 interrupted',
      milliseconds: 'wall time of the whole run',
      counts: 'Steps by outcome',
    },
  },
};

/** The reference page of the Events. */
export function renderEventReference(): string {
  const types = Object.entries(EVENT_CATALOG).map(([type, { when, fields }]) => {
    const rows = Object.entries(fields).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
    return `## ${type}\n\n${when}\n\n| field | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
  });
  return `${INTRODUCTION}\n${types.join('\n')}`;
}

const INTRODUCTION = `# Events

<!-- Written by \`npm run golden\` from src/report/catalog.ts. -->

\`kubewright build --json\` prints one Event a line on stdout, as it happens; the log of a run
(\`events.jsonl\`, see [run directory](run-directory.md)) holds the same. A reader should pass over types and fields that it does not know:
later versions add some, and take none away.

Every Event has these:

| field | meaning |
| --- | --- |
| \`seq\` | number in the run, from 1, without gaps |
| \`at\` | milliseconds since the run began, by a clock that never jumps |
| \`time\` | wall clock, ISO 8601, UTC |
| \`type\` | one of the types below |

Values of variables whose names tell of a secret (\`…TOKEN…\`, \`…PASSWORD…\`, \`…SECRET…\`, \`…CREDENTIAL…\`, \`…_KEY\`), and the user
information of addresses, are written as \`***\`.
`;
