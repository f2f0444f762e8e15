import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from './heap.ts';

test('gives back everything, largest first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a > b);
      for (const number of numbers) heap.push(number);
      expect(heap.size).toBe(numbers.length);
      const out = numbers.map(() => heap.pop());
      expect(out).toEqual([...numbers].sort((a, b) => b - a));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
