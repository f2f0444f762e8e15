/** Compresses a file that several archives hold, once. */
import type { Packer } from '../../execute/artifacts/packer.ts';
import { deflated, deflatedFile } from '../../formats/gzip.ts';

export const packer: Packer = {
  version: 1,
  async pack({ host, parameters, inputs, outputs, jobs, signal, onProgress }) {
    const { level } = parameters as { readonly level: number };
    const [input = ''] = inputs;
    const total = host.files.stat(input)?.size ?? 0;
    async function* told() {
      let done = 0;
      for await (const chunk of host.files.chunks(input)) {
        signal.throwIfAborted();
        done += chunk.length;
        onProgress(done, total, 'compressed');
        yield chunk;
      }
    }
    const parts = deflated(told(), { level, threads: jobs });
    await host.files.writeChunks(outputs[0] as string, deflatedFile(parts));
  },
};
