import { describe, expect, test } from 'vitest';
import { bounded, describeTarball } from './description.ts';

const files = (count: number, directory: string) =>
  Array.from({ length: count }, (_, i) => ({ path: `${directory}/f${i}`, files: 1, size: 10 }));

describe('the contents of an archive', () => {
  test('are shown whole while they are few', () => {
    expect(bounded(files(3, 'a/b')).map(({ path }) => path)).toEqual(['a/b/f0', 'a/b/f1', 'a/b/f2']);
  });

  test('are counted with their directory where they are many', () => {
    expect(bounded([...files(300, 'a/b'), ...files(2, 'a')])).toEqual([
      { path: 'a/b/', files: 300, size: 3000 },
      { path: 'a/f0', files: 1, size: 10 },
      { path: 'a/f1', files: 1, size: 10 },
    ]);
  });

  test('name what this release made itself', () => {
    const described = describeTarball(
      {
        ...{
          name: 'kubernetes-server-linux-amd64.tar.gz',
          part: 'server',
          platform: 'linux/amd64',
          holds: [],
        },
        members: [
          { kind: 'directory', path: 'kubernetes' },
          { kind: 'text', path: 'kubernetes/version', text: 'v1\n' },
          { kind: 'file', path: 'kubernetes/kube-apiserver.tar', from: '/out/a.tar', mode: 0o644, size: 0 },
        ],
      },
      '/out',
      new Set(['/out/a.tar']),
    );
    expect(described).toEqual({
      ...{ path: '/out/kubernetes-server-linux-amd64.tar.gz', kind: 'archive', platform: 'linux/amd64' },
      contents: [
        { path: 'kubernetes/version', files: 1, size: 3 },
        { path: 'kubernetes/kube-apiserver.tar', files: 1, size: 0, made: '/out/a.tar' },
      ],
    });
  });
});
