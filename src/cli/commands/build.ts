/** `kubewright build`: binaries, and with --dry-run the plan for them. */
import type { Command } from 'commander';
import { prepareBuild } from '../build/prepare.ts';
import { addBuildOptions, readBuildRequest } from '../build/request.ts';
import type { Start } from '../commands.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  addBuildOptions(command).action((what: string[], values: Record<string, unknown>) =>
    start(async (context) => {
      const session = await openSession(context);
      const build = await prepareBuild(session, readBuildRequest(what, values, context.host, session.config));
      if (context.options.dryRun) {
        const { printPlan } = await import('../build/dryrun.ts');
        return printPlan(build);
      }
      const { runBuild } = await import('../build/run.ts');
      return runBuild(build);
    }),
  );
}
