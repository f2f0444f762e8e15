/**
 * The schema of an API for a generator that takes one: a program of the tree is compiled with the code that was just
 * generated, and prints it. Go's own cache keeps what can be kept; the program is no one's output.
 */
import { Failure } from '../../diagnostic/diagnostic.ts';
import type { PrintedSchema } from '../../tree/codegen/model.ts';
import { type ProgramPlaces, programFailed } from './programs.ts';

/** Path of the schema, in the stage. A program that does not compile or run is a Failure. */
export async function printSchema(places: ProgramPlaces, { program }: PrintedSchema): Promise<string> {
  const { host, stage, goRoot, environment, workingDirectory, signal } = places;
  const made = `${stage}/${program.name}`;
  host.files.makeDirectory(stage);
  const run = async (argv: readonly string[]): Promise<string> => {
    const lines: string[] = [];
    let command = 0;
    const { exitCode, milliseconds, stdout } = await host.processes.run({
      ...{ argv, environment: { ...environment, PWD: workingDirectory }, workingDirectory, signal },
      onStart: (pid) => {
        command = places.onStart(argv, pid);
      },
      onLine: (line, stream) => {
        if (stream === 'stdout') return;
        lines.push(line);
        places.onLine(line);
      },
    });
    places.onEnd(command, exitCode, milliseconds);
    signal.throwIfAborted();
    if (exitCode !== 0) throw new Failure(programFailed(program, lines));
    return stdout;
  };
  await run([`${goRoot}/bin/go`, 'build', '-o', made, program.goPackage]);
  host.files.write(`${made}.json`, await run([made]));
  return `${made}.json`;
}
