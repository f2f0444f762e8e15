import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutEnd, cutStart, padded, widthOf } from './width.ts';

test('wide characters take two columns, marks none', () => {
  expect(['kubectl', '構築', 'e\u0301', '🚀', '한글', 'é'].map(widthOf)).toEqual([7, 4, 1, 2, 4, 1]);
});

test('a cut shows where something is missing', () => {
  expect(cutEnd('kube-controller-manager', 10)).toBe('kube-cont…');
  expect(cutStart('k8s.io/kubernetes/pkg/kubelet/cm', 12)).toBe('…/kubelet/cm');
  expect(cutEnd('構築中', 4)).toBe('構…');
  expect(cutEnd('fits', 4)).toBe('fits');
  expect(cutEnd('gone', 0)).toBe('');
});

test('no cut is ever wider than its room', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  void fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 40 }), (any, columns) => {
      expect(widthOf(cutEnd(any, columns))).toBeLessThanOrEqual(columns);
      expect(widthOf(cutStart(any, columns))).toBeLessThanOrEqual(columns);
      expect(widthOf(padded(any, columns))).toBe(columns);
    }),
  );
});
