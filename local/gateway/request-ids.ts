import { randomFillSync } from 'node:crypto';

const idBytes = 11;
const pool = Buffer.alloc(idBytes * 512);
let next = pool.length;

/** An id as API Gateway makes them for connections, requests and messages: `L0SM9cOFvHcCIhw=`. */
export function randomId(): string {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  next += idBytes;
  return `${pool.toString('base64url', next - idBytes, next)}=`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let lastSecond = Number.NaN;
let lastText = '';

/** An epoch in milliseconds as `09/Feb/2024:18:11:43 +0000`. */
export function requestTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== lastSecond) {
    const iso = new Date(epochMs).toISOString();
    const month = months[Number(iso.slice(5, 7)) - 1];
    lastText = `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
    lastSecond = second;
  }
  return lastText;
}
