/** `kubewright build`: binaries. */
import type { Command } from 'commander';
import type { Start } from '../commands.ts';

export function configure(command: Command, start: Start): void {
  command.argument('[what...]', 'targets or groups; none builds all').action(() => start(async () => 0));
}
