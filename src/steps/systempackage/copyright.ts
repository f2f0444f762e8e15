/** What Debian Policy 12 asks of a package's documentation: its copyright file, and the date of its changelog. */
import type { PackageDefinition } from './definition.ts';

/** Licences whose text every Debian system has (Policy 12.5). */
const COMMON = /^(Apache-2\.0|Artistic|BSD|CC0-1\.0|GFDL-1\.[23]|L?GPL-[123](\.\d)?|MPL-(1\.1|2\.0))$/;

/** Machine-readable: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
export function debCopyright(
  { name, maintainer, licence, homepage }: PackageDefinition,
  text: string | undefined,
  time: number,
): string {
  const full = COMMON.test(licence)
    ? `On Debian systems, the full text of this licence lies in\n/usr/share/common-licenses/${licence}`
    : (text ?? `The software is distributed under ${licence}.`);
  const year = new Date(time * 1000).getUTCFullYear();
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    `Upstream-Name: ${name}`,
    ...(homepage === undefined ? [] : [`Source: ${homepage}`]),
    '',
    'Files: *',
    `Copyright: ${year} ${maintainer.replace(/\s*<.*/, '')}`,
    `License: ${licence}`,
    ...full
      .trimEnd()
      .split('\n')
      .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`)),
    '',
  ].join('\n');
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Wed, 13 Jan 2021 13:28:09 +0000` */
export function rfc2822(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day} ${date.getUTCFullYear()} ${time} +0000`;
}
