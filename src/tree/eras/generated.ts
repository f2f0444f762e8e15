/**
 * Files that a tree generates and does not commit, and the narrowest command of the tree that makes each
 * (spec codegen 1, 4, 7).
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import type { GeneratedFile } from '../tree.ts';

/** The uncommitted files of a tree with a generated-files makefile; none where everything is committed. */
export function generatedFiles(reader: TreeReader): readonly GeneratedFile[] {
  if (!reader.has('Makefile.generated_files')) return [];
  const makefile = liveText(reader, 'Makefile.generated_files');
  const front = liveText(reader, 'Makefile');
  const files: GeneratedFile[] = [];
  if (reader.has('pkg/generated/openapi') && /\bgen_openapi\b/.test(makefile)) {
    const path = 'pkg/generated/openapi/zz_generated.openapi.go';
    files.push({ path, command: goalOf(front, 'gen_openapi') });
  }
  if (reader.has('test/e2e/generated')) {
    files.push({ path: 'test/e2e/generated/bindata.go', command: bindataCommand(reader, makefile, front) });
  }
  return files;
}

/** The goal that brings all of them up to date. */
export function generationCommand(reader: TreeReader): readonly string[] | undefined {
  return reader.has('Makefile.generated_files') ? ['make', 'generated_files'] : undefined;
}

/** A goal of the generated-files makefile: through the main makefile where that forwards it, else straight. */
function goalOf(front: string, goal: string): readonly string[] {
  if (new RegExp(`^[^#\\t\\n]*\\b${goal}\\b[^:\\n]*:`, 'm').test(front)) return ['make', goal];
  return ['make', '-f', 'Makefile.generated_files', goal, 'CALLED_FROM_MAIN_MAKEFILE=1'];
}

function bindataCommand(reader: TreeReader, makefile: string, front: string): readonly string[] {
  if (reader.has('hack/generate-bindata.sh')) {
    // The script is what the goal runs in the end; the goal would first compile a lister of dependencies.
    const script = 'hack/generate-bindata.sh';
    return reader.has('hack/run-in-gopath.sh') ? ['hack/run-in-gopath.sh', script] : [script];
  }
  if (/\bgen_bindata\b/.test(makefile)) return goalOf(front, 'gen_bindata');
  // 1.7: every call of the build script runs go-bindata first, whatever it is asked to build.
  return ['hack/make-rules/build.sh', 'hack/cmd/teststale'];
}
