/**
 * Reads the frame headers of a connection in passing (RFC 6455, section 5.2), because ws limits whole messages only. It is told what ws is told, and
 * before ws is.
 */
export class FrameWatch {
  readonly #limit: number;
  readonly #onLong: () => void;
  #header: number[] = [];
  /** Of the frame whose header is complete: bytes of mask and payload that are still to come. */
  #rest = 0;
  #endsMessage = false;
  #messages = 0;
  #long = false;

  /** `onLong` is called once, at the header of the first frame with a payload of more than `limit` bytes. */
  constructor(limit: number, onLong: () => void) {
    this.#limit = limit;
    this.#onLong = onLong;
  }

  /** Whether the message of this index, counted from 0, had come in whole before any frame was too long. */
  allows(index: number): boolean {
    return !this.#long || index < this.#messages;
  }

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#long; ) {
      if (this.#rest > 0) {
        const step = Math.min(this.#rest, chunk.length - at);
        at += step;
        this.#rest -= step;
      } else {
        this.#header.push(chunk[at++] ?? 0);
        const length = lengthIn(this.#header);
        if (length === undefined) continue;
        const [first = 0, second = 0] = this.#header;
        this.#header = [];
        // A control frame (8 to 15) may come in between the frames of a message.
        this.#endsMessage = first >= 0x80 && (first & 0x0f) < 8;
        this.#rest = length + (second >= 0x80 ? 4 : 0);
        if (length > this.#limit) {
          this.#long = true;
          this.#onLong();
          return;
        }
      }
      if (this.#rest === 0 && this.#endsMessage) {
        this.#messages++;
        this.#endsMessage = false;
      }
    }
  }
}

/** Of the payload; undefined while the header is not complete. */
function lengthIn([, second, ...extended]: readonly number[]): number | undefined {
  if (second === undefined) return undefined;
  const length = second & 0x7f;
  if (length < 126) return length;
  if (extended.length < (length === 126 ? 2 : 8)) return undefined;
  return extended.reduce((sum, byte) => sum * 256 + byte, 0);
}
