import type { Host } from '../host/host.ts';
export async function finishRun(_host: Host, _runDirectory: string): Promise<void> {}
