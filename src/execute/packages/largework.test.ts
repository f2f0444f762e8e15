import { expect, test } from 'vitest';
import type { WaitingWork } from './elsewhere.ts';
import { LargeWork } from './largework.ts';

const MIB = 1024 ** 2;
let works = 0;
const work = (mebibytes: number, name = `${works++}`, cost = 100) =>
  ({ node: { name, cost, peakBytes: mebibytes * MIB }, key: '' }) as WaitingWork;

function starts(few: LargeWork, one: WaitingWork): boolean {
  if (few.holdsBack(one)) return false;
  few.started(one);
  return true;
}

test('two large processes less than slots; small ones always', () => {
  const few = new LargeWork(4);
  const [a, b, c] = [work(400), work(300), work(500)] as const;
  expect([a, b, c, work(80)].map((one) => starts(few, one))).toEqual([true, true, false, true]);
  expect(few.ended(work(80))).toEqual([]);
  expect(few.ended(a)).toEqual([c]);
  expect(starts(few, c)).toBe(true);
  expect(few.drop()).toEqual([]);
});

test('the same for another platform waits, a small one does not', () => {
  const few = new LargeWork(5);
  const [linux, windows, other] = [work(400, 'core'), work(400, 'core'), work(400, 'link')] as const;
  expect([linux, windows, other].map((one) => starts(few, one))).toEqual([true, false, true]);
  expect([work(80, 'core'), work(80, 'core')].map((one) => starts(few, one))).toEqual([true, true]);
  expect(few.ended(linux)).toEqual([windows]);
  expect(starts(few, windows)).toBe(true);
  const [one, two] = [work(80, 'describe', 900), work(80, 'describe', 900)] as const;
  expect([one, two].map((each) => starts(few, each))).toEqual([true, false]);
  expect(few.ended(one)).toEqual([two]);
});

test('one at least', () => {
  const few = new LargeWork(1);
  expect([work(400), work(400)].map((one) => starts(few, one))).toEqual([true, false]);
  expect(few.drop()).toHaveLength(1);
});

test('beside a large process one less than slots, but two', () => {
  const few = new LargeWork(3);
  const [large, small] = [work(400), work(80)] as const;
  const rooms = (one: LargeWork, next: WaitingWork) =>
    [0, 1, 2, 3].map((running) => one.hasRoom(next, running));
  expect(rooms(few, small)).toEqual([true, true, true, false]);
  expect(rooms(few, large)).toEqual([true, true, false, false]);
  starts(few, large);
  expect(rooms(few, small)).toEqual([true, true, false, false]);
  few.ended(large);
  expect(rooms(few, small)).toEqual([true, true, true, false]);
  expect(rooms(new LargeWork(2), large)).toEqual([true, true, false, false]);
  expect(rooms(new LargeWork(1), large)).toEqual([true, false, false, false]);
});
