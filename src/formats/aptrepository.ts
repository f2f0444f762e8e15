/** The indices of an apt repository without distributions ("flat"): Packages and Release (sources.list(5), apt-ftparchive(1)). */

export interface IndexedDeb {
  /** Relative to the repository: `amd64/kubelet_1.30.0-1.1_amd64.deb`. */
  readonly path: string;
  readonly size: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  /** The control file, as it lies in the package. */
  readonly control: string;
}

/** The file that apt learns the packages from; sorted by path. */
export function packagesIndex(debs: readonly IndexedDeb[]): string {
  return debs
    .map(({ path, size, digest, control }) => {
      const fields = control.trimEnd().split(/\n(?![ \t])/);
      const isDescription = (field: string) => /^Description(-\w+)?:/i.test(field);
      return [
        ...fields.filter((field) => !isDescription(field)),
        ...[`Filename: ./${path}`, `Size: ${size}`, `SHA256: ${digest}`],
        ...fields.filter(isDescription),
        '',
      ].join('\n');
    })
    .join('\n');
}

export interface ReleaseFacts {
  readonly origin: string;
  readonly label: string;
  readonly architectures: readonly string[];
  /** RFC 2822. */
  readonly date: string;
  readonly files: readonly { readonly name: string; readonly size: number; readonly digest: string }[];
}

/** The file whose signature vouches for all others. */
export function releaseFile({ origin, label, architectures, date, files }: ReleaseFacts): string {
  const rows = files.map(({ name, size, digest }) => ` ${digest} ${size} ${name}`);
  return [
    ...[`Origin: ${origin}`, `Label: ${label}`, `Date: ${date}`],
    `Architectures: ${architectures.join(' ')}`,
    ...['SHA256:', ...rows, ''],
  ].join('\n');
}

/** The value of a field of a control file or a Release. */
export function fieldOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'mi').exec(text)?.[1]?.trim();
}
