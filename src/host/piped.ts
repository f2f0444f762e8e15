/** A program as a filter: bytes in, bytes out, neither of them held. */
import type { ChildProcess } from 'node:child_process';

/** The program ended badly; `message` is the last that it said. */
export class ProgramFailed extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, said: string) {
    super(said.trim().split('\n').at(-1) || `it ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}

const KEPT_CHARACTERS = 64 * 1024;

/** Feeds a child and hands out what it writes. Whoever stops reading ends the child. */
export async function* filtered(
  child: ChildProcess,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('a filter has three pipes');
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 128));
  });
  ended.catch(() => {});
  // A child that ends early breaks the pipe; its exit code tells why.
  stdin.on('error', () => {});
  const feeding = (async () => {
    try {
      for await (const chunk of input) {
        if (stdin.destroyed) return;
        if (!stdin.write(chunk))
          await new Promise<void>((resolve) => {
            const go = () => {
              stdin.off('drain', go).off('close', go);
              resolve();
            };
            stdin.once('drain', go).once('close', go);
          });
      }
    } finally {
      stdin.end();
    }
  })();
  feeding.catch(() => {});
  try {
    yield* stdout as AsyncIterable<Uint8Array>;
    await feeding;
    const exitCode = await ended;
    if (exitCode !== 0) throw new ProgramFailed(exitCode, said);
  } finally {
    stdin.destroy();
    child.kill('SIGKILL');
  }
}
