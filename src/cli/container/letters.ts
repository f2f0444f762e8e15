/** Letters about what a run in a container lacks. */
import { error } from '../../diagnostic/diagnostic.ts';
import { EngineRefusal } from '../../engine/problems.ts';

/** Whether a container could not start for want of a shell. */
export function isMissingShell(problem: unknown): boolean {
  return (
    problem instanceof EngineRefusal &&
    /\/bin\/sh|executable file not found|no such file/i.test(problem.words)
  );
}

/** The letter about an image without a shell. */
export function noShell(reference: string) {
  return error('container/image-unfit', {
    what: `the image ${reference} holds no /bin/sh`,
    why: 'commands are run by a shell, which lists what they made; an image to build in has one',
    help: 'name an image with a shell, find and stat: --image REF; or make one: kubewright container image',
  });
}

/** The letter about a checkout of which nothing is at the engine. */
export function nothingBuilt(volume: string) {
  return error('container/nothing-built', {
    what: `there is no volume ${volume}: nothing was built in a container of this checkout`,
    why: 'results are copied out of it; kubewright container clean removes it, and another version of the build image begins a new one',
    help: 'build first: kubewright container run make',
  });
}
