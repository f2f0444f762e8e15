/** Hands an archive to the container engine of this machine, by its own program: contexts and sockets are its business. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { CommandContext } from '../request.ts';

const ENGINES = ['docker', 'podman', 'nerdctl'] as const;

/** `docker load`, or another engine's. */
export async function loadArchive({ host, signal, print }: CommandContext, path: string): Promise<void> {
  const engine = ENGINES.find((name) => host.processes.find(name) !== undefined);
  if (!engine) {
    throw new Failure(
      error('process/not-found', {
        what: `no container engine was found on PATH: ${ENGINES.join(', ')}`,
        why: '--load hands the archive to one of them',
        help: `install one, or load the file elsewhere: docker load --input ${path}`,
      }),
    );
  }
  const environment = Object.fromEntries(
    Object.entries(host.environment).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const { exitCode, stdout, stderr } = await host.processes.run({
    ...{ argv: [engine, 'load', '--input', path], environment, workingDirectory: '/', signal },
  });
  if (exitCode !== 0) {
    throw new Failure(
      error('image/engine-failed', {
        what: `${engine} did not load ${path}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
        why: `it ended with ${exitCode}`,
        help: `see that the engine runs (${engine} info) and has room, then load the file: ${engine} load --input ${path}`,
      }),
    );
  }
  for (const line of stdout.trim().split('\n')) if (line) print(line);
}
