/**
 * CRC-32C (Castagnoli, RFC 3720), with which Cloud KMS lets both sides notice damage on the way. Node's
 * `zlib.crc32` is another polynomial.
 */
export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  return (sum ^ 0xffffffff) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let entry = byte;
  for (let bit = 0; bit < 8; bit += 1) entry = (entry >>> 1) ^ (entry & 1 ? 0x82f63b78 : 0);
  return entry;
});
