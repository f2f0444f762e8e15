/** `kubewright package`: system packages of finished programs, and repositories that apt and dnf read. */
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { PACKAGE_FORMATS, type PackageFormat } from '../../steps/systempackage/definition.ts';
import type { Start } from '../commands.ts';
import type { GivenPart } from '../package/parts.ts';
import type { PackageOptions } from '../package/run.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  command
    .argument(
      '[words...]',
      'deb, rpm, and names of packages: kubelet, kubeadm …; none is all, in both formats',
    )
    .option('-p, --platform <os/arch>', 'platform to package for, repeatable; all: those of the tree', list)
    .option('--from <dir>', 'take finished programs from this directory instead of the output directory')
    .option(
      '--part <name=path>',
      'files built elsewhere, a directory or archive: cri-tools@1.30.0=DIR; {arch} stands for the architecture',
      list,
    )
    .option('--repository <dir>', 'write into a folder that apt and dnf can install from')
    .option('--sign-key <key>', 'sign with this OpenPGP key: its name in the keyring of gpg, or a file')
    .option('--version-string <version>', 'name the packages by this version instead of the programs’')
    .option('--revision <revision>', 'revision of the packages, instead of upstream’s')
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0)
    .action((words: string[], values: Record<string, unknown>) =>
      start(async (context) => {
        const options = readOptions(words, values);
        const session = await openSession(context);
        return (await import('../package/run.ts')).runPackaging(session, options);
      }),
    );
}

function readOptions(words: readonly string[], values: Record<string, unknown>): PackageOptions {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const texts = (name: string) => (Array.isArray(values[name]) ? (values[name] as string[]) : []);
  const isFormat = (word: string): word is PackageFormat => word === 'deb' || word === 'rpm';
  const formats = words.filter(isFormat);
  return {
    formats: formats.length > 0 ? [...new Set(formats)] : PACKAGE_FORMATS,
    names: words.filter((word) => !isFormat(word)),
    platforms: texts('platform'),
    from: text('from'),
    repository: text('repository'),
    signKey: text('signKey'),
    parts: texts('part').map(readPart),
    versionString: text('versionString'),
    revision: text('revision'),
    waitSeconds: typeof values['wait'] === 'number' && values['wait'] >= 0 ? values['wait'] : 0,
  };
}

function readPart(word: string): GivenPart {
  const [, name, version, path] = /^([a-z0-9][a-z0-9.-]*)(?:@v?([^=]+))?=(.+)$/.exec(word) ?? [];
  if (name === undefined || path === undefined) {
    throw new Failure(
      error('request/invalid', {
        what: `--part ${word} names no part and its files`,
        help: 'write it like --part cri-tools=DIR or --part cri-tools@1.30.0=DIR',
      }),
    );
  }
  return { name, path, ...(version === undefined ? {} : { version }) };
}
