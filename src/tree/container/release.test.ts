import { expect, test } from 'vitest';
import { copyOf, fixture, hostWith } from '../../../tests/trees.ts';
import { readReleaseCommand } from './release.ts';

test.each([
  ['build/release.sh', 'kube::build::run_build_command make cross\n', ['make', 'cross']],
  ['build/release.sh', 'kube::build::run_build_command hack/build-cross.sh\n', ['hack/build-cross.sh']],
  ['build-tools/release.sh', '  run_build_command make  cross   \n', ['make', 'cross']],
  [
    'build/release.sh',
    '# run_build_command make old\nkube::build::run_build_command make cross\n  kube::build::run_build_command make test\n',
    ['make', 'cross'],
  ],
])('%s: %j is what runs inside', (script, text, words) => {
  expect(readReleaseCommand(hostWith(), copyOf('k8s-1.20', { [script]: text }))).toEqual(words);
});

test('a tree without such a line says nothing', () => {
  const made = copyOf('k8s-1.20', { 'build/release.sh': 'run_build_command make WHAT="${TARGETS[*]}"\n' });
  expect(readReleaseCommand(hostWith(), made)).toBeUndefined();
  expect(readReleaseCommand(hostWith(), fixture('karmada'))).toBeUndefined();
});
