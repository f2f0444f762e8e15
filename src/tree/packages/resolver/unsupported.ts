/** What our resolver does not answer itself; the caller then asks Go. */
export class Unsupported extends Error {
  /** In words that fit behind "not supported: ". */
  readonly reason: string;

  constructor(reason: string) {
    super(`not supported: ${reason}`);
    this.reason = reason;
  }
}
