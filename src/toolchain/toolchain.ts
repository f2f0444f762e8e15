/**
 * Which Go compiler, from where, with what proof. This folder chooses the version by the tree's facts,
 * finds or fetches it, checks it, and keeps it in a store shared by all checkouts. It does not run builds.
 */

/** A Go toolchain, ready to run. */
export interface Toolchain {
  /** Without the `go` prefix: `1.15.15`. */
  readonly version: string;
  /** GOROOT, absolute. */
  readonly root: string;
  /** Proves which compiler: `h1:…` for one from the module proxy, `sha256:…` of the tools for one found on disk. */
  readonly digest: string;
  readonly source: 'store' | 'path' | 'directory' | 'proxy';
  /** The sentence that explains the choice: `newest patch of 1.15, the Go of the cross image`. */
  readonly because: string;
}
