/** What work costs before anybody has done it: a model of Go's compiler and linker, fitted to Kubernetes 1.20 with Go 1.15. */

export interface Cost {
  readonly milliseconds: number;
  /** Most memory that the work holds at once. */
  readonly peakBytes: number;
  /** What is kept of it. */
  readonly outputBytes: number;
}

const MIB = 1024 ** 2;

/** Of a Go package: bytes of its sources, packages that it imports. */
export function guessCompile(sourceBytes: number, imports: number): Cost {
  return {
    milliseconds: 30 + (2_200 * sourceBytes) / MIB + 12 * imports,
    peakBytes: 50 * MIB + 130 * sourceBytes,
    outputBytes: 100_000 + 10 * sourceBytes,
  };
}

/** Of a program that holds so many packages. */
export function guessLink(packages: number): Cost {
  return {
    milliseconds: 500 + 3 * packages,
    peakBytes: (200 + 1.2 * packages) * MIB,
    outputBytes: (2 + 0.06 * packages) * MIB,
  };
}
