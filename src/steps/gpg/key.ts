/** An OpenPGP key that signs, as a part of Steps: who it is, never what it holds. */

/** A type, not an interface: it is handed on as JSON. */
export type SigningKey = {
  /** Of the primary key, 40 hexadecimal digits. */
  readonly fingerprint: string;
  /** Seconds since 1970: gpg signs nothing at a time before. */
  readonly created: number;
  /** Position of the key's file among the inputs of the Step; absent for a key of the user's keyring. */
  readonly input?: number;
};

/** The algorithm of a binary signature (RFC 4880, 5.2.3), whose packet may have an old or a new header (4.2). */
export function signatureIsByRsa(signature: Uint8Array): boolean {
  const [tag = 0, length = 0] = signature;
  const bytesOfLength = tag & 0x40 ? (length < 192 ? 1 : length < 224 ? 2 : 5) : 2 ** (tag & 3);
  const algorithm = signature[1 + bytesOfLength + 2];
  return algorithm === 1 || algorithm === 3;
}
