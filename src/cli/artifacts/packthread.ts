/** A thread that packs: its own way to the files, everything else by message. */
import { realHost } from '../../host/host.ts';
import { answerQuestions } from '../../host/threads.ts';
import { PACKERS } from './packers.ts';
import type { PackNote, PackQuestion } from './packthreads.ts';

const host = realHost();
answerQuestions(async ({ packer: name, ...request }: PackQuestion, tell: (note: PackNote) => void) => {
  const load = PACKERS[name];
  if (!load) throw new Error(`there is no packer named ${name}`);
  await (await load()).pack({
    ...request,
    host,
    signal: new AbortController().signal,
    putNamed: () => {
      throw new Error(`the packer ${name} names its outputs: it cannot run in a thread`);
    },
    onSummed: (output, digest) => tell({ summed: [output, digest] }),
    onProgress: (...progress) => tell({ progress }),
  });
});
