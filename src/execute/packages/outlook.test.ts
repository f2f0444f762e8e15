import { describe, expect, test } from 'vitest';
import type { Node } from './nodes.ts';
import { Outlook, shortOfDisk } from './outlook.ts';

const GIB = 1024 ** 3;

function node(cost: number, remaining: number, peakBytes = GIB, kind: Node['kind'] = 'package'): Node {
  return { kind, cost, remaining, peakBytes, outputBytes: 1000, isLearned: kind === 'link' } as Node;
}

describe('the outlook', () => {
  test('is the sum over the slots, or the longest chain, whichever is more', () => {
    const outlook = new Outlook(2, 8 * GIB);
    const chain = node(5_000, 30_000);
    const others = [node(20_000, 20_000), node(20_000, 20_000)];
    outlook.add([chain, ...others]);
    expect(outlook.left).toBe(30_000);
    outlook.close(chain);
    outlook.close(chain);
    expect(outlook.left).toBe(20_000);
    for (const one of others) outlook.close(one);
    expect(outlook.left).toBe(0);
  });

  test('of a long run tells time, memory and disk; a short one is not worth a word', () => {
    const outlook = new Outlook(2, 3 * GIB);
    outlook.add([node(1_000, 1_000)]);
    expect(outlook.forecast()).toBeUndefined();
    outlook.add([node(40_000, 50_000, 2 * GIB), node(10_000, 10_000, 2 * GIB, 'link')]);
    expect(outlook.forecast()).toMatchObject({
      ...{ milliseconds: 50_000, packages: 2, programs: 1, diskBytes: 3000 },
      ...{ memoryBytes: 3 * GIB, learned: 1 / 3 },
    });
  });

  test('warns of a disk that is too small, and of no other', () => {
    expect(shortOfDisk(10, 9, '/c')?.code).toBe('disk/short');
    expect(shortOfDisk(10, 10, '/c')).toBeUndefined();
    expect(shortOfDisk(10, undefined, '/c')).toBeUndefined();
  });
});
