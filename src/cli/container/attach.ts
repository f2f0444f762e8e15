/** The streams of a container joined with ours: a terminal as it is, or stdout and stderr apart. */
import type { EngineContainers } from '../../engine/containers.ts';
import { demultiplex } from '../../engine/streams.ts';
import type { EngineStream } from '../../host/engine-connection.ts';
import type { Host } from '../../host/host.ts';

/** Whether a person sits in front of all three of our streams. */
export function isInteractive(host: Host): boolean {
  return process.stdin.isTTY === true && host.stdout.isTTY === true;
}

/** Carries output until the container closes it. */
export async function joinStreams(
  host: Host,
  containers: EngineContainers,
  id: string,
  stream: EngineStream,
  tty: boolean,
): Promise<void> {
  if (tty) return joinTerminal(host, containers, id, stream);
  for await (const { stream: name, bytes } of demultiplex(stream.output)) host[name].write(bytes);
}

/** Keys go in raw, so that the shell inside sees Ctrl-C itself; the size follows the window. */
async function joinTerminal(
  host: Host,
  containers: EngineContainers,
  id: string,
  stream: EngineStream,
): Promise<void> {
  const { stdin, stdout } = process;
  const resize = () => void containers.resize(id, stdout.rows || 24, stdout.columns || 80).catch(() => {});
  const send = (bytes: Buffer) => void stream.write(bytes);
  stdin.setRawMode(true);
  stdin.on('data', send).resume();
  stdout.on('resize', resize);
  resize();
  try {
    for await (const bytes of stream.output) host.stdout.write(bytes);
  } finally {
    stdout.off('resize', resize);
    stdin.off('data', send).pause();
    stdin.setRawMode(false);
  }
}
