import { printDiagnostic } from '../diagnostic/printer.ts';
import type { Host } from '../host/host.ts';
import type { EventSink } from './events.ts';
export function createSinks(
  host: Host,
  options: {
    json: boolean;
    plain: boolean;
    quiet: boolean;
    verbose: boolean;
    runDirectory: string;
    earlierDurations?: ReadonlyMap<string, number>;
  },
): EventSink[] {
  return [
    {
      handle: (e) => {
        if (options.json) host.stdout.write(JSON.stringify(e) + '\n');
        else if (e.type === 'diagnostic') host.stderr.write(printDiagnostic(e.diagnostic) + '\n');
        else if (e.type === 'step-finished')
          host.stderr.write(`${e.outcome} ${e.step} ${e.milliseconds.toFixed(0)} ms\n`);
        else if (e.type === 'step-started') host.stderr.write(`start ${e.step}: ${e.because}\n`);
        else if (e.type === 'run-finished')
          host.stderr.write(`done ${e.milliseconds.toFixed(0)} ms ${JSON.stringify(e.counts)}\n`);
        else if (options.verbose) host.stderr.write(JSON.stringify(e) + '\n');
      },
      close: async () => {},
    },
  ];
}
