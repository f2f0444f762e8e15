import { expect, test } from 'vitest';
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { EventBus } from './bus.ts';
import type { Event, EventSink } from './events.ts';

function fakeClock() {
  const clock = { time: 1_000, now: () => Date.UTC(2026, 10, 21) + clock.time, monotonic: () => clock.time };
  return clock;
}

function memorySink(): EventSink & { readonly events: Event[]; closed: boolean } {
  const sink = {
    events: [] as Event[],
    closed: false,
    handle: (event: Event) => void sink.events.push(event),
    close: async () => {
      sink.closed = true;
    },
  };
  return sink;
}

const full = () =>
  new Failure(error('disk/full', { what: 'no space is left for /o/events.jsonl', help: 'free space' }));

test('Events are numbered from 1 and timed from the making of the bus', () => {
  const clock = fakeClock();
  const sink = memorySink();
  const bus = new EventBus(clock, [sink]);
  clock.time += 1.23456;
  bus.emit({ type: 'step-output', step: 's', line: 'a' });
  clock.time += 10;
  bus.emit({ type: 'command-finished', id: 1, exitCode: 0, milliseconds: 101.64147700000001 });
  expect(sink.events).toEqual([
    { seq: 1, at: 1.235, time: '2026-11-21T00:00:01.001Z', type: 'step-output', step: 's', line: 'a' },
    {
      seq: 2,
      at: 11.235,
      time: '2026-11-21T00:00:01.011Z',
      type: 'command-finished',
      id: 1,
      exitCode: 0,
      milliseconds: 101.641,
    },
  ]);
});

test('a log on a full disk becomes a warning, and the other reporters go on', async () => {
  const sink = memorySink();
  let tries = 0;
  const broken: EventSink = {
    handle: () => {
      tries++;
      throw full();
    },
    close: async () => {},
  };
  const bus = new EventBus(fakeClock(), [sink, broken]);
  bus.emit({ type: 'step-output', step: 's', line: 'a' });
  bus.emit({ type: 'step-output', step: 's', line: 'b' });
  await bus.close();
  expect(tries).toBe(1);
  expect(sink.closed).toBe(true);
  expect(
    sink.events.map((event) =>
      event.type === 'diagnostic' ? `${event.diagnostic.severity} ${event.diagnostic.code}` : event.type,
    ),
  ).toEqual([...['step-output', 'warning disk/full', 'step-output']]);
});

test('a bug in a reporter is not hidden', () => {
  const broken: EventSink = {
    handle: () => {
      throw new TypeError('x is not a function');
    },
    close: async () => {},
  };
  expect(() =>
    new EventBus(fakeClock(), [broken]).emit({ type: 'step-output', step: 's', line: '' }),
  ).toThrow(TypeError);
});
