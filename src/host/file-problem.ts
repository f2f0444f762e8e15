/** What the operating system says about a file, as Diagnostics that name the path and the remedy. */
import { dirname } from 'node:path';
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';

/** Turns an operating-system error into a Failure that names the path; other exceptions pass unchanged. */
export function asFailure(problem: unknown, path: string): unknown {
  const code = (problem as NodeJS.ErrnoException)?.code;
  const diagnostic = typeof code === 'string' ? explain(code, path) : undefined;
  return diagnostic ? new Failure(diagnostic) : problem;
}

function explain(code: string, path: string): Diagnostic | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return error('disk/full', {
        what: `no space is left for ${path}`,
        why: code === 'EDQUOT' ? 'the disk quota is used up' : 'the file system is full',
        help: 'free space there (kubewright cache prune), or choose another place with --out or KUBEWRIGHT_CACHE; finished work is kept and a rerun resumes',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return error('disk/permission', {
        what: `${path} may not be read or written`,
        why: code === 'EROFS' ? 'the file system is read-only' : 'its permissions forbid it',
        help: `check the permissions with ls -ld ${dirname(path)}, or choose another place with --out or KUBEWRIGHT_CACHE`,
      });
    case 'EIO':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENOENT':
      return error('disk/write-failed', {
        what: `${path} cannot be used: ${code}`,
        why: 'a file or directory on the way is missing, or is of another kind',
        help: 'look at the path and its parents with ls -ld, then run the same command again',
      });
    default:
      return undefined;
  }
}
