/** What dpkg's database says of a package that is installed (/var/lib/dpkg/status; dpkg(1), deb-control(5)). */
import type { ControlFields } from '../../formats/debcontrol.ts';

/** A stanza. `conffiles`: MD5 by path, as dpkg keeps them to know which ones somebody changed. */
export function statusStanza(fields: ControlFields, conffiles: ReadonlyMap<string, string>): string {
  const lines = [`Package: ${fields.get('Package')}`, 'Status: install ok installed'];
  for (const [name, value] of fields) if (name !== 'Package') lines.push(`${name}: ${value}`);
  if (conffiles.size > 0) {
    const sums = [...conffiles].map(([path, sum]) => ` ${path} ${sum}`);
    lines.push(['Conffiles:', ...sums].join('\n'));
  }
  return `${lines.join('\n')}\n`;
}
