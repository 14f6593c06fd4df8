/** First and last byte, both counted from 0. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * What a Range header asks for (RFC 9110, 14.2). 'all' where it is none, or asks for several ranges, which S3 answers with the whole object as well;
 * 'none' where the object has no such bytes.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'all' | 'none' {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return 'all';
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'none' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return 'all';
  if (first >= size) return 'none';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}
