/** Figures for people. One way to write each, in every reporter. */

/** `0.21 s`, `42.1 s`, `3 min 20 s`, `1 h 4 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The headline of a run that found everything fresh. */
export function nothingToDo(outputs: number, milliseconds: number): string {
  const fresh = formatCount(outputs, 'output is', 'outputs are');
  return `Nothing to do: ${fresh} fresh (${formatDuration(milliseconds)})`;
}

/** A guess, coarse on purpose: `5 s`, `40 s`, `3 min`, `2 h`. */
export function formatEstimate(milliseconds: number): string {
  const seconds = Math.max(1, milliseconds / 1000);
  if (seconds < 10) return `${Math.ceil(seconds)} s`;
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s`;
  if (seconds < 55 * 60) return `${Math.max(1, Math.round(seconds / 60))} min`;
  return `${Math.max(1, Math.round(seconds / 3600))} h`;
}

/** `0:07`, `12:30`, `1:02:03`: time since a start. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `0 B`, `17 B`, `1.4 GiB`, `44.0 MiB`, `112 MiB`; a minus sign for a loss. */
export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes);
  let power = size < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(size) / 10));
  if (power < UNITS.length - 1 && Math.round(size / 1024 ** power) >= 1024) power++;
  const value = size / 1024 ** power;
  const digits = power === 0 || value >= 99.95 ? 0 : 1;
  return `${bytes < 0 ? '−' : ''}${value.toFixed(digits)} ${UNITS[power]}`;
}

/** `1 file`, `12 files`, `1,200 files`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  // Written out here: asking the runtime for it loads its tables, 5 ms that a no-op cannot spare.
  const grouped = String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${grouped} ${count === 1 ? one : many}`;
}
