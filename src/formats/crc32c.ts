/** CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds torn and flipped bytes. No protection against intent. */

// The polynomial 0x1EDC6F41 with its bits reversed, as the bytes are fed lowest bit first.
const REVERSED_POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ REVERSED_POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

/** The checksum as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    value = (TABLE[(value ^ (bytes[i] as number)) & 0xff] as number) ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** The checksum of a text in UTF-8, as eight lower-case hexadecimal digits. */
export function crc32cOfText(text: string): string {
  return crc32c(Buffer.from(text)).toString(16).padStart(8, '0');
}
