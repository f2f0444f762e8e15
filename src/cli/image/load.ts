/** Hands archives to a container engine, over its API: no command line of an engine is needed. */
import { Failure } from '../../diagnostic/diagnostic.ts';
import { openEngine } from '../container/prepare.ts';
import type { Session } from '../session.ts';
import { mebibytes, statusLine } from '../statusline.ts';

/** Loads one archive after the other and prints what the engine then has. `named`: --engine. */
export async function loadArchives(
  session: Session,
  paths: readonly string[],
  named: string | undefined,
): Promise<void> {
  const { context } = session;
  const { host, signal } = context;
  const { engine } = openEngine(session, named);
  const line = statusLine(context);
  try {
    for (const path of paths) {
      const total = host.files.stat(path)?.size ?? 0;
      const onProgress = (done: number) =>
        line.show(`loading ${path}: ${mebibytes(done)} of ${mebibytes(total)} MiB`);
      const loaded = await engine.images
        .load(counted(host.files.chunks(path), signal, onProgress))
        .catch((problem: unknown) => {
          throw problem instanceof Failure ? withWayOut(problem, path) : problem;
        });
      line.clear();
      for (const name of loaded) context.print(`Loaded image: ${name}`);
    }
  } finally {
    line.clear();
    await engine.close();
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
    done += chunk.length;
    onProgress(done);
  }
}

/** An engine that cannot be had says nothing against the archive. */
function withWayOut(problem: Failure, path: string): Failure {
  return new Failure(
    ...problem.diagnostics.map((diagnostic) =>
      diagnostic.code === 'image/engine-failed'
        ? diagnostic
        : {
            ...diagnostic,
            help: `${diagnostic.help}; the archive is finished, and can be loaded anywhere: docker load --input ${path}`,
          },
    ),
  );
}
