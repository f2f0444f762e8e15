import { expect, test } from 'vitest';
import { measure, median } from '../bench/measure.ts';
import { judge, runCases, table } from '../bench/run.ts';

const seconds = (wallSeconds: number) => ({ wallSeconds, cpuSeconds: 2 * wallSeconds, peakMebibytes: 100 });
const command = { argv: ['true'], workingDirectory: '/', environment: { PATH: process.env['PATH'] ?? '' } };
const side = { command };

test('the middle value counts, not the mean', () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([1, 2, 3, 100])).toBe(2.5);
});

test('a case is within its limits when the ratio of the medians is', () => {
  const one = { name: 'no-op', ours: side, upstream: side, ratioLimit: 0.5, mebibytesLimit: 150, rounds: 3 };
  expect(judge(one, [1, 1, 9].map(seconds), [2, 2, 2].map(seconds))).toMatchObject({
    ratio: 0.5,
    cpuRatio: 0.5,
    limits: ['ratio ≤ 0.5', 'MiB ≤ 150'],
    isWithinLimits: true,
  });
  expect(judge(one, [1.1, 1.1, 1].map(seconds), [2, 2, 2].map(seconds)).isWithinLimits).toBe(false);
  expect(judge({ ...one, mebibytesLimit: 90 }, [seconds(1)], [seconds(2)]).isWithinLimits).toBe(false);
});

test('the sides take turns, and another one begins each round', async () => {
  const told: string[] = [];
  const begun: string[] = [];
  const noted = (name: string) => ({
    command,
    prepare: (round: number) => void begun.push(`${name} ${round}`),
  });
  const results = await runCases(
    [{ name: 'nothing', ours: noted('ours'), upstream: noted('upstream'), rounds: 2 }],
    (line) => told.push(line),
  );
  expect(begun).toEqual(['ours 0', 'upstream 0', 'upstream 1', 'ours 1']);
  expect(told).toHaveLength(4);
  expect(table(results).split('\n')[2]).toMatch(/^\| nothing \| 0\.\d+ s \| 0\.\d+ s \| .* \| yes \|$/);
});

test('what a child of the command burns is counted', async () => {
  const burn = 'for (const end = performance.now() + 300; performance.now() < end; );';
  const { wallSeconds, cpuSeconds } = await measure({
    ...command,
    argv: ['sh', '-c', '"$0" -e "$1"; exit 0', process.execPath, burn],
  });
  expect(wallSeconds).toBeGreaterThan(0.3);
  expect(cpuSeconds).toBeGreaterThan(0.15);
});

test('a command that fails is no measurement', async () => {
  const failing = { ...command, argv: ['sh', '-c', 'echo no such tree >&2; exit 3'] };
  await expect(measure(failing)).rejects.toThrow(/ended with 3:\nno such tree/);
});
