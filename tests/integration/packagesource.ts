/** Debian packages made here, and an apt that knows no others. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../trees.ts';
import { has } from './engine.ts';

/** Why bases of packages cannot be tried here. */
export const APT_MISSING = ['apt-get', 'dpkg-deb', 'dpkg-scanpackages', 'xz'].every(has)
  ? undefined
  : 'wanted apt, dpkg-dev and xz-utils';

/** A repository of packages made here, and a configuration of apt that knows no other. */
export class PackageSource {
  readonly directory = scratch('apt');
  readonly environment = { APT_CONFIG: join(this.directory, 'apt.conf') };

  constructor() {
    mkdirSync(join(this.directory, 'pool'));
    mkdirSync(join(this.directory, 'parts'));
    writeFileSync(
      this.environment.APT_CONFIG,
      `Dir::Etc::sourcelist "${this.directory}/sources.list";\nDir::Etc::sourceparts "${this.directory}/parts";\n`,
    );
    writeFileSync(join(this.directory, 'sources.list'), `deb [trusted=yes] file:${this.directory} ./\n`);
  }

  add(
    name: string,
    files: Readonly<Record<string, string | Buffer>>,
    control = '',
    scripts: Record<string, string> = {},
  ) {
    const root = join(this.directory, name);
    const all = {
      'DEBIAN/control': `Package: ${name}\nVersion: 1:1.0\nArchitecture: all\nMaintainer: T <t@example.dev>\nDescription: test\n${control}`,
    };
    for (const [path, text] of Object.entries({ ...all, ...files, ...scripts })) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text, { mode: /^DEBIAN\/p|bin\//.test(path) ? 0o755 : 0o644 });
    }
    const env = { ...process.env, SOURCE_DATE_EPOCH: '1600000000' };
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', root, join(this.directory, 'pool')], {
      env,
    });
    rmSync(root, { recursive: true });
  }

  list(): void {
    const text = execFileSync('dpkg-scanpackages', ['--multiversion', 'pool'], { cwd: this.directory });
    writeFileSync(join(this.directory, 'Packages'), text);
  }
}
