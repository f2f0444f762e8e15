/** Control files of Debian packages as they are read, and what of their scripts is a declaration (deb-control(5)). */

/** Fields in the order of the file, each with its continuation lines. */
export type ControlFields = ReadonlyMap<string, string>;

/** Reads one stanza. Comments are no part of a control file, so a line that begins with # is a field's. */
export function parseControl(text: string): ControlFields {
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split('\n')) {
    if (/^[ \t]/.test(line) && last !== undefined) fields.set(last, `${fields.get(last)}\n${line.trimEnd()}`);
    const [, name, value = ''] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    fields.set(name, value.trimEnd());
    last = name;
  }
  return fields;
}

/** The packages that a field of relations names, without versions and architectures. */
export function relationNames(field: string | undefined): string[] {
  return (field ?? '').split(/[,|]/).flatMap((one) => /[a-z0-9][a-z0-9+.-]+/.exec(one.trim())?.[0] ?? []);
}

/** A link that several packages offer a program for (update-alternatives(1)). */
export interface Alternative {
  /** `/usr/bin/awk` */
  readonly link: string;
  /** `awk`: the link in /etc/alternatives. */
  readonly name: string;
  readonly path: string;
  readonly priority: number;
  /** Links that follow the choice. */
  readonly slaves: readonly { readonly link: string; readonly name: string; readonly path: string }[];
}

/**
 * What a postinst offers: its calls of `update-alternatives --install` whose words are plain. The script is read, never
 * run, so a call that only some condition reaches counts too.
 */
export function alternativesOf(postinst: string): Alternative[] {
  const lines = postinst.replace(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const [, call] = /(?:^|[\s;&(])update-alternatives\s(.*)$/.exec(line) ?? [];
    if (call === undefined) return [];
    const words = call
      .replace(/\s#.*$/, '')
      .replace(/[;&|].*$/, '')
      .replace(/["']/g, '')
      .trim()
      .split(/\s+/);
    const at = words.indexOf('--install');
    const [link = '', name = '', path = '', priority = ''] = words.slice(at + 1);
    if (at < 0 || words.some((word) => /[$`*]/.test(word)) || !/^-?\d+$/.test(priority)) return [];
    const slaves = words.flatMap((word, i) => {
      const [one = '', named = '', to = ''] = words.slice(i + 1, i + 4);
      return word === '--slave' && to ? [{ link: one, name: named, path: to }] : [];
    });
    return [{ link, name, path, priority: Number(priority), slaves }];
  });
}

/** Names of users and groups with their numbers: passwd(5) and group(5). */
export function numbersByName(text: string): Map<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name = '', , number = ''] = line.split(':');
      return name && /^\d+$/.test(number) ? [[name, Number(number)] as const] : [];
    }),
  );
}
