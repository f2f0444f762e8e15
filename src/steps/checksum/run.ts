/** Writes the checksums of a file, or joins those of many files to lists. */
import { createHash } from 'node:crypto';
import type { Packer } from '../../execute/artifacts/packer.ts';

export const packer: Packer = {
  version: 1,
  async pack({ host, parameters, inputs, outputs, digests, signal }) {
    const { names } = (parameters ?? {}) as { readonly names?: readonly string[] };
    if (names) {
      const lines = (offset: number) =>
        names.map((name, i) => `${host.files.readText(inputs[i + offset] as string)}  ${name}`).join('\n');
      host.files.write(outputs[0] as string, lines(0));
      host.files.write(outputs[1] as string, lines(names.length));
      return;
    }
    const sum = createHash('sha512');
    for await (const chunk of host.files.chunks(inputs[0] as string, true)) {
      signal.throwIfAborted();
      sum.update(chunk);
    }
    // The executor has digested the input already, with SHA-256.
    host.files.write(outputs[0] as string, digests[0] as string);
    host.files.write(outputs[1] as string, sum.digest('hex'));
  },
};
