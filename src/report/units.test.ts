import { expect, test } from 'vitest';
import { formatBytes, formatClock, formatCount, formatDuration, formatEstimate } from './units.ts';

test('durations keep the digits that matter, and never show sixty seconds', () => {
  const written = [
    0, 4, 210, 994, 995, 12_340, 59_949, 59_950, 60_000, 200_000, 3_599_600, 3_840_000, 7_200_000,
  ];
  expect(written.map(formatDuration)).toEqual([
    ...['0.00 s', '0.00 s', '0.21 s', '0.99 s', '1.0 s', '12.3 s', '59.9 s', '1 min', '1 min'],
    ...['3 min 20 s', '1 h', '1 h 4 min', '2 h'],
  ]);
});

test('a guess is coarse', () => {
  expect([200, 4_100, 12_000, 54_000, 58_000, 170_000, 3_500_000, 8_000_000].map(formatEstimate)).toEqual([
    ...['1 s', '5 s', '15 s', '55 s', '1 min', '3 min', '1 h', '2 h'],
  ]);
});

test('the clock of a run', () => {
  expect([0, 7_900, 750_000, 3_723_000].map(formatClock)).toEqual(['0:00', '0:07', '12:30', '1:02:03']);
});

test('sizes change their unit where the figure would need four digits', () => {
  const sizes = [0, 17, 1_023, 1_024, 1_048_575, 46_137_344, 117_440_512, 1_503_238_553, -900_000];
  expect(sizes.map(formatBytes)).toEqual([
    ...['0 B', '17 B', '1023 B', '1.0 KiB', '1.0 MiB', '44.0 MiB', '112 MiB', '1.4 GiB', '−879 KiB'],
  ]);
});

test('one step, two steps, a thousand steps', () => {
  expect([formatCount(1, 'step'), formatCount(0, 'step'), formatCount(12_345, 'step')]).toEqual([
    ...['1 step', '0 steps', '12,345 steps'],
  ]);
  expect(formatCount(2, 'directory', 'directories')).toBe('2 directories');
});
