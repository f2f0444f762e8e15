/**
 * The first thing that runs: says what was answered the last time when all that decided it is as it was, and the program
 * itself is not even loaded. `bin/` requires it bundled as one file of CommonJS, which loads in a millisecond.
 */
import { writeSync } from 'node:fs';
import { type StandingAnswer, standingAnswer } from '../../host/sighting.ts';
import type { Question } from '../../host/sights.ts';
import { nothingToDo } from '../../report/units.ts';
import { type Asked, askedNow } from './question.ts';

export type { Asked };
export { askedNow };

/** Answers when it can, and says whether it has. */
export async function answerAgain({ file, question }: Asked): Promise<boolean> {
  const answer = standingAnswer(file, question);
  if (!answer) return false;
  if (answer.questions.length > 0) {
    const same = await Promise.all(answer.questions.map(isAnsweredAlike));
    if (same.includes(false)) return false;
  }
  tell(answer);
  return true;
}

function tell({ outputs, notes, results }: StandingAnswer): void {
  write(2, notes);
  write(2, `${nothingToDo(outputs, performance.now())}\n`);
  write(1, results);
}

/** Straight to the descriptor: `process.stdout` loads what terminals, pipes and sockets need. */
function write(descriptor: 1 | 2, text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (problem) {
    // A pipe that is full just now waits its turn; a reader that has left wants no more.
    if ((problem as NodeJS.ErrnoException).code === 'EAGAIN')
      (descriptor === 1 ? process.stdout : process.stderr).write(rest);
    else if ((problem as NodeJS.ErrnoException).code !== 'EPIPE') throw problem;
  }
}

async function isAnsweredAlike(question: Question): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const [program = '', ...words] = question.argv;
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      ...{ cwd: question.workingDirectory, env: { ...question.environment } },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => void said.push(chunk));
    child.on('error', () => resolve(false));
    child.on('close', (exitCode) =>
      resolve(exitCode === question.exitCode && Buffer.concat(said).toString('utf8') === question.stdout),
    );
  });
}
