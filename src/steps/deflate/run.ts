/** Compresses a file that several archives hold, once. */
import type { Packer } from '../../execute/artifacts/packer.ts';
import { deflated, deflatedFile } from '../../formats/gzip.ts';
import { Summing } from '../../formats/summing.ts';
import { BLOCK_BYTES } from '../tarball/plan.ts';

export const packer: Packer = {
  version: 2,
  async pack({ host, parameters, inputs, outputs, jobs, signal, onProgress, onSummed }) {
    const { level } = parameters as { readonly level: number };
    const [input = ''] = inputs;
    const total = host.files.stat(input)?.size ?? 0;
    async function* told() {
      let done = 0;
      for await (const chunk of host.files.chunks(input, true)) {
        signal.throwIfAborted();
        done += chunk.length;
        onProgress(done, total, 'compressed');
        yield chunk;
      }
    }
    const parts = deflated(told(), { level, threads: jobs, blockBytes: BLOCK_BYTES });
    const sum = new Summing();
    await host.files.writeChunks(outputs[0] as string, sum.through(deflatedFile(parts)));
    onSummed?.(0, sum.hex);
  },
};
