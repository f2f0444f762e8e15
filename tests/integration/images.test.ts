/** Images in the hands of a real engine, a real registry and skopeo. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { scratch } from '../trees.ts';
import { Engine, ImageRegistry, inspect, MISSING } from './engine.ts';
import { Monorepo } from './monorepo.ts';

const IMAGES = (base: string) => `
registries:
  name: example.dev/orchard
images:
  press:
    base: ${base}
    user: "65532"
    labels: { org.example.kind: fruit }
    files: [{ from: pkg/juice, to: /usr/share/juice }]
    capabilities: cap_net_bind_service=+ep
    platforms: [linux/amd64]
  vat:
    binary: cellar
    base: ${base}
    path: /bin/cellar
    platforms: [linux/amd64]
  cellar:
    path: /cellar
`;

describe.skipIf(MISSING !== undefined)(`images${MISSING ? `: ${MISSING}` : ''}`, () => {
  let engine: Engine;
  let registry: ImageRegistry;
  let repo: Monorepo;
  let environment: Record<string, string>;
  /** Archive of a base whose /bin is a link, as Debian's is. */
  let base: string;

  beforeAll(async () => {
    [engine, registry] = await Promise.all([Engine.start(), ImageRegistry.start()]);
    const context = scratch('base');
    copyFileSync('/bin/busybox', join(context, 'busybox'));
    writeFileSync(
      join(context, 'Dockerfile'),
      'FROM scratch\nCOPY busybox /usr/bin/busybox\nRUN ["/usr/bin/busybox", "ln", "-s", "usr/bin", "/bin"]\nRUN ["/usr/bin/busybox", "--install", "/usr/bin"]\nENV FROM_BASE=yes\n',
    );
    engine.run(['build', '-q', '--network=none', '-t', `${registry.host}/base/box:1`, context]);
    base = join(context, 'base.tar');
    engine.run(['save', '-o', base, `${registry.host}/base/box:1`]);
    engine.run(['push', '-q', `${registry.host}/base/box:1`]);
    repo = new Monorepo();
    repo.write('kubewright.yaml', `${repo.read('kubewright.yaml')}${IMAGES(`${registry.host}/base/box:1`)}`);
    environment = {
      ...engine.environment,
      KUBE_GIT_VERSION: 'v1.0.0+fresh',
      SOURCE_DATE_EPOCH: '1700000000',
    };
    const built = await repo.build(
      ['press', 'cellar', '--platform', 'linux/amd64', '--platform', 'linux/arm64'],
      {
        env: environment,
      },
    );
    expect(built.exitCode).toBe(0);
  });

  afterAll(async () => {
    repo?.dispose();
    await Promise.all([engine?.stop(), registry?.stop()]);
  });

  const image = (...words: string[]) => repo.kubewright(['image', ...words], { env: environment });
  /** The layout that `publish` sends: fresh where another test has made it. */
  const layOut = async () => {
    const run = await image('--platform', 'all', '--oci', join(repo.root, '_output/release-images/oci'));
    expect(run).toMatchObject({ exitCode: 0 });
  };

  test('the engine loads an archive, and a container of it runs our program', async () => {
    const run = await image('--load', '-p', 'linux/amd64');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('Loaded image: example.dev/orchard/press-amd64:v1.0.0_fresh');
    const name = 'example.dev/orchard/press-amd64:v1.0.0_fresh';
    const said = engine.try(['run', '--rm', '--network=none', name]);
    expect(said.stderr).toContain('6 v1.0.0+fresh');
    const [config] = JSON.parse(engine.run(['inspect', name])) as {
      Config: Record<string, unknown>;
      Created: string;
    }[];
    expect(config?.Config).toMatchObject({
      ...{ User: '65532', Labels: { 'org.example.kind': 'fruit' }, Entrypoint: ['/usr/local/bin/press'] },
      Env: expect.arrayContaining(['FROM_BASE=yes']),
    });
    expect(config?.Created).toBe('2023-11-14T22:13:20Z');
  });

  test('no program of an engine is needed to load, and one that cannot be had is told with the way out', async () => {
    const alone = { ...environment, PATH: dirname(process.execPath) };
    const loaded = await repo.kubewright(['image', '--load', '-p', 'linux/amd64'], { env: alone });
    expect(loaded).toMatchObject({ exitCode: 0 });
    expect(loaded.stdout).toContain('Loaded image: example.dev/orchard/press-amd64:v1.0.0_fresh');
    const refused = await image('-p', 'linux/amd64', '--engine', 'unix:///nowhere');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('error engine/unreachable');
    expect(refused.stderr).toMatch(/can be loaded anywhere: docker load --input \S+\.tar/);
  });

  test('a file goes where a link of the base leads, and the link stays', () => {
    const name = 'example.dev/orchard/vat-amd64:v1.0.0_fresh';
    const list = [
      'run',
      '--rm',
      '--network=none',
      '--entrypoint',
      '/bin/ls',
      name,
      '-ld',
      '/bin',
      '/usr/bin/cellar',
    ];
    expect(engine.run(list)).toMatch(/^-rwxr-xr-x .* \/usr\/bin\/cellar$|\/bin -> usr\/bin/m);
    expect(engine.run(list)).toContain('/bin -> usr/bin');
    expect(engine.try(['run', '--rm', '--network=none', name]).stderr).toContain('cellar v1.0.0+fresh');
  });

  test('the files of the tree and the capability are in it', () => {
    const name = 'example.dev/orchard/press-amd64:v1.0.0_fresh';
    const cat = [
      'run',
      '--rm',
      '--network=none',
      '--entrypoint',
      '/bin/cat',
      name,
      '/usr/share/juice/juice.go',
    ];
    expect(engine.run(cat)).toContain('package juice');
    const container = engine.run(['create', '--network=none', name]);
    const exported = join(scratch(), 'root.tar');
    engine.run(['export', '-o', exported, container]);
    expect(readFileSync(exported).includes('SCHILY.xattr.security.capability')).toBe(true);
  });

  test('an archive is read by skopeo in both of its forms', async () => {
    await image('cellar', '-p', 'linux/arm64');
    const archive = join(repo.root, '_output/release-images/arm64/cellar.tar');
    expect(inspect([`docker-archive:${archive}`])).toMatchObject({ Architecture: 'arm64' });
    const name = 'example.dev/orchard/cellar-arm64:v1.0.0_fresh';
    expect(inspect([`oci-archive:${archive}:${name}`])).toMatchObject({ Os: 'linux' });
  });

  test('two checkouts at different places give the same bytes, whatever the day and the number of threads', async () => {
    const other = repo.copy('grove');
    const bin = join(repo.root, '_output/local/bin');
    const digests = async (place: Monorepo, ...words: string[]) => {
      const oci = join(place.root, 'oci');
      rmSync(oci, { recursive: true, force: true });
      await place.kubewright(
        [
          'image',
          '--platform',
          'all',
          '--from',
          bin,
          '--oci',
          oci,
          '--save',
          join(place.root, 'all.tar'),
          ...words,
        ],
        { env: { ...environment, KUBEWRIGHT_CACHE: scratch('cache') } },
      );
      return [
        place.digest('all.tar'),
        readFileSync(join(oci, 'index.json'), 'utf8'),
        readdirSync(join(oci, 'blobs/sha256')),
      ];
    };
    expect(await digests(other, '-j', '1')).toEqual(await digests(repo, '-j', '8'));
    other.dispose();
  });

  test('a layer that several images share is in an archive once', async () => {
    const file = join(repo.root, 'both.tar');
    await image('--save', file, '-p', 'linux/amd64');
    const saved = JSON.parse(
      execFileSync('tar', ['-xOf', file, 'manifest.json'], {
        encoding: 'utf8',
      }),
    ) as { Layers: string[] }[];
    const [press, vat] = saved;
    const shared = press?.Layers.filter((layer) => vat?.Layers.includes(layer)) ?? [];
    expect(shared.length).toBeGreaterThan(1);
  });

  test('publish sends a list over platforms that skopeo and the engine pull', async () => {
    await layOut();
    const run = await repo.kubewright(['publish', `oci://${registry.host}/fruit`], { env: environment });
    expect(run.exitCode).toBe(0);
    expect(run.stdout.split('\n')).toContain(`${registry.host}/fruit/cellar:v1.0.0_fresh`);
    const list = inspect(['--raw', `docker://${registry.host}/fruit/cellar:v1.0.0_fresh`]);
    expect(list['manifests']).toMatchObject([
      { platform: { architecture: 'amd64', os: 'linux' } },
      { platform: { architecture: 'arm64', os: 'linux' } },
    ]);
    engine.run(['pull', '-q', `${registry.host}/fruit/cellar:v1.0.0_fresh`]);
    const said = engine.try(['run', '--rm', '--network=none', `${registry.host}/fruit/cellar:v1.0.0_fresh`]);
    expect(said.stderr).toContain('cellar v1.0.0+fresh');
    const again = await repo.kubewright(['publish', `oci://${registry.host}/fruit`], { env: environment });
    expect(again.stderr).toMatch(/^0 blobs sent/m);
  });

  test('a killed upload is run again and sends what is missing', async () => {
    const to = `oci://${registry.host}/killed`;
    const blobs = () => {
      try {
        return readdirSync(join(registry.storage, 'docker/registry/v2/repositories/killed'), {
          recursive: true,
        });
      } catch {
        return [];
      }
    };
    await layOut();
    const first = await repo.kubewright(['publish', to], {
      env: environment,
      onStart: (child) => {
        const watch = setInterval(() => {
          const layers = blobs().filter((name) => String(name).endsWith('_layers/sha256'));
          if (layers.length === 0) return;
          child.kill('SIGKILL');
          clearInterval(watch);
        }, 5);
        child.once('close', () => clearInterval(watch));
      },
    });
    expect(first.signal).toBe('SIGKILL');
    expect(blobs().some((name) => String(name).includes('tags'))).toBe(false);
    const second = await repo.kubewright(['publish', to], { env: environment });
    expect(second.exitCode).toBe(0);
    expect(second.stderr).not.toMatch(/ 0 were there/);
    expect(inspect([`docker://${registry.host}/killed/press:v1.0.0_fresh`])).toMatchObject({ Os: 'linux' });
  });

  test('wrong credentials are told, and right ones work', async () => {
    const hashed = execFileSync('perl', ['-e', 'print crypt("secret", q($2y$05$abcdefghijklmnopqrstuu))']);
    const locked = await ImageRegistry.start(`ann:${hashed}`);
    onTestFinished(() => locked.stop());
    await layOut();
    const config = scratch('docker-config');
    const env = { ...environment, DOCKER_CONFIG: config };
    const publish = (password: string) => {
      const auth = Buffer.from(`ann:${password}`).toString('base64');
      writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [locked.host]: { auth } } }));
      return repo.kubewright(['publish', `oci://${locked.host}/fruit`], { env });
    };
    const run = await publish('wrong');
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`error registry/unauthorized: ${locked.host} does not let us at fruit/`);
    expect(run.stderr).toContain(join(config, 'config.json'));
    expect(run.stderr).not.toContain('wrong"');
    expect((await publish('secret')).exitCode).toBe(0);
  });

  test('a base comes from a mirror, and without one the message names the setting', async () => {
    const config = repo.read('kubewright.yaml');
    repo.replace('kubewright.yaml', `base: ${registry.host}/base/box:1`, 'base: gone.invalid/base/box:1');
    const env = { ...environment, KUBEWRIGHT_REGISTRY_MIRRORS: `gone.invalid=${registry.host}` };
    const mirrored = await repo.kubewright(['image', 'press', '-p', 'linux/amd64'], { env });
    expect(mirrored.exitCode).toBe(0);
    const alone = await repo.kubewright(['image', 'press', '-p', 'linux/amd64'], {
      env: { ...environment, KUBEWRIGHT_CACHE: scratch('cache') },
    });
    expect(alone.exitCode).toBe(1);
    expect(alone.stderr).toContain('error image/base-unavailable: the base image gone.invalid/base/box:1');
    expect(alone.stderr).toContain('registries.mirrors in kubewright.yaml');
    repo.write('kubewright.yaml', config);
  });

  test('a base from an archive gives the same image as from the registry', async () => {
    const configOf = async (...words: string[]) => {
      const file = join(scratch(), 'a.tar');
      expect((await image('press', '-p', 'linux/amd64', '--save', file, ...words)).exitCode).toBe(0);
      return createHash('sha256').update(readFileSync(file)).digest('hex');
    };
    expect(await configOf('--base', base)).toBe(await configOf());
  });

  test('a base for another architecture is refused', async () => {
    const run = await image('cellar', '-p', 'linux/arm64', '--base', base);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('is not for linux/arm64: it is for linux/amd64');
  });

  test('a program that is not built names the command that builds it', async () => {
    const empty = scratch('empty');
    mkdirSync(join(empty, 'linux'));
    const run = await image('press', '-p', 'linux/amd64', '--from', empty);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('kubewright build press --platform linux/amd64');
  });
});
