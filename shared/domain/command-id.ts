/**
 * A UUID of version 7 (RFC 9562, 5.7): the time in milliseconds and 74 random bits, so that text order is the order of creation. It is the id of the
 * command's CALL as well, which OCPP-J allows 36 characters. `random` are at least 10 bytes.
 */
export function commandIdOf(nowMs: number, random: Uint8Array): string {
  const time = Math.trunc(nowMs).toString(16).padStart(12, '0');
  const hex = Buffer.from(random).toString('hex');
  const variant = (0x8 | (Number.parseInt(hex[3] ?? '0', 16) & 0x3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
}
