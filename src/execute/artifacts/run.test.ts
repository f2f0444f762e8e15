import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { scratch } from '../../../tests/trees.ts';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { realHost } from '../../host/host.ts';
import { makePlan } from '../../plan/plan.ts';
import type { Json, Step } from '../../plan/step.ts';
import type { EventBody } from '../../report/events.ts';
import { LocalStore } from '../../store/local.ts';
import { FileIndex } from '../../tree/packages/fileindex.ts';
import type { StepRecord } from '../state.ts';
import type { Packer } from './packer.ts';
import { packArtifacts } from './run.ts';

const host = realHost();
let directory: string;
let steps: Record<string, StepRecord>;
let packed: string[];

/** Joins its inputs behind a first word, and fails when one holds the word `poison`. */
const joiner: Packer = {
  version: 1,
  async pack({ inputs, outputs, parameters }) {
    const texts = inputs.map((path) => readFileSync(path, 'utf8'));
    if (texts.some((text) => text.includes('poison')))
      throw new Failure(error('disk/write-failed', { what: 'poison', help: 'an antidote' }));
    packed.push(String(parameters));
    writeFileSync(outputs[0] as string, `${parameters}: ${texts.join('+')}`);
  },
};

beforeEach(() => {
  directory = scratch();
  mkdirSync(join(directory, 'out'));
  [steps, packed] = [{}, []];
  write('a', 'apple');
  write('b', 'bean');
});

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

function joining(name: string, word: Json, inputs: readonly string[], needs: readonly string[] = []): Step {
  return {
    ...{ id: `pack:${name}`, kind: 'pack', title: name, needs, keyParts: {} },
    inputs: inputs.map((input) => ({ kind: 'file', path: join(directory, input) })),
    outputs: [join(directory, 'out', name)],
    action: { kind: 'pack', packer: 'join', parameters: word },
  };
}

async function pack(all: readonly Step[], options: { packer?: Packer; signal?: AbortSignal } = {}) {
  const events: EventBody[] = [];
  const counts = await packArtifacts({
    ...{ host, plan: makePlan(all), steps, stage: join(directory, 'stage'), jobs: 2, slots: 2 },
    packer: async () => options.packer ?? joiner,
    index: new FileIndex(host.files, directory, () => Date.now() + 60_000),
    store: new LocalStore(host, join(directory, 'cache'), () => {}),
    signal: options.signal ?? new AbortController().signal,
    emit: (event) => void events.push(event),
  });
  const because = events.flatMap((event) => (event.type === 'step-started' ? [event.because] : []));
  const codes = events.flatMap((event) => (event.type === 'diagnostic' ? [event.diagnostic.code] : []));
  return { counts, because, codes };
}

function made(name: string): string {
  return readFileSync(join(directory, 'out', name), 'utf8');
}

describe('artifacts', () => {
  const two = () => [
    joining('first', 'fruit', ['a']),
    joining('second', 'all', ['out/first', 'b'], ['pack:first']),
  ];

  test('are made in the order of their needs, and are fresh afterwards', async () => {
    expect((await pack(two())).counts).toMatchObject({ built: 2 });
    expect(made('second')).toBe('all: fruit: apple+bean');
    expect(statSync(join(directory, 'out/first')).mode & 0o777).toBe(0o644);
    expect((await pack(two())).counts).toMatchObject({ fresh: 2, built: 0 });
    expect(packed).toEqual(['fruit', 'all']);
  });

  test('come back from the store when they are gone, and when an input is as it was before', async () => {
    await pack(two());
    rmSync(join(directory, 'out/second'));
    expect(await pack(two())).toMatchObject({
      counts: { fresh: 1, restored: 1 },
      because: ['an output is gone or was changed'],
    });
    write('a', 'avocado');
    expect((await pack(two())).counts).toMatchObject({ built: 2 });
    write('a', 'apple');
    expect((await pack(two())).counts).toMatchObject({ restored: 2, built: 0 });
    expect(made('second')).toBe('all: fruit: apple+bean');
  });

  test('are made anew by a packer that makes other bytes', async () => {
    await pack(two());
    expect((await pack(two(), { packer: { ...joiner, version: 2 } })).counts).toMatchObject({ built: 2 });
  });

  test('that fail take only what needs them along, and leave nothing behind', async () => {
    write('a', 'poison');
    const { counts, codes } = await pack([...two(), joining('third', 'other', ['b'])]);
    expect(counts).toMatchObject({ built: 1, failed: 1, cancelled: 1 });
    expect(codes).toEqual(['disk/write-failed']);
    expect(() => made('first')).toThrow('ENOENT');
    expect(made('third')).toBe('other: bean');
  });

  test('name the file that they were to hold and that is not there', async () => {
    expect((await pack([joining('lost', 'x', ['nowhere', 'a'])])).codes).toEqual(['artifact/input-missing']);
  });

  test('whose input changes while they are packed are not kept', async () => {
    const editing: Packer = {
      version: 1,
      async pack(request) {
        await joiner.pack(request);
        write('a', 'changed meanwhile');
      },
    };
    expect(await pack([joining('one', 'x', ['a'])], { packer: editing })).toMatchObject({
      counts: { built: 1 },
      codes: ['build/input-changed'],
    });
    expect((await pack([joining('one', 'x', ['a'])])).counts).toMatchObject({ built: 1 });
    expect(made('one')).toBe('x: changed meanwhile');
  });

  test('that are interrupted are cancelled, not failed', async () => {
    const controller = new AbortController();
    const slow: Packer = {
      version: 1,
      async pack({ signal }) {
        controller.abort();
        signal.throwIfAborted();
      },
    };
    const { counts } = await pack(two(), { packer: slow, signal: controller.signal });
    expect(counts).toMatchObject({ cancelled: 2, failed: 0 });
  });
});
