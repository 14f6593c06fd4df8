/** A file in a form. */
export interface FormFile {
  /** As the sender calls it; absent where it does not say. */
  name?: string;
  content: Buffer;
}

/**
 * The file in a body of multipart/form-data (RFC 7578): the first part with a file name, else the first of all. Undefined when the body has no whole part.
 * Parts are told apart by lines that begin with the boundary; a last line without its end is forgiven.
 */
export function fileInForm(body: Buffer, contentType: string): FormFile | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const files = partsOf(body, boundary).flatMap((part) => fileIn(part) ?? []);
  return files.find(({ name }) => name !== undefined) ?? files[0];
}

export const isForm = (contentType: string): boolean => /^\s*multipart\/form-data\s*(;|$)/i.test(contentType);

function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

function partsOf(body: Buffer, boundary: string): Buffer[] {
  // The first boundary has no line before it.
  const whole = Buffer.concat([Buffer.from('\r\n'), body]);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Buffer[] = [];
  for (let at = whole.indexOf(delimiter); at >= 0; ) {
    const from = at + delimiter.length;
    const isLast = whole.subarray(from, from + 2).toString() === '--';
    const next = whole.indexOf(delimiter, from);
    if (isLast || next < 0) break;
    parts.push(whole.subarray(from, next));
    at = next;
  }
  return parts;
}

const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** A part begins with the end of the boundary's line. */
function fileIn(part: Buffer): FormFile | undefined {
  const end = part.indexOf(EMPTY_LINE);
  if (end < 0) return undefined;
  const disposition =
    part
      .subarray(0, end)
      .toString()
      .match(/^content-disposition:.*$/im)?.[0] ?? '';
  const [, quoted, plain] = /;\s*filename=(?:"([^"]*)"|([^\s;]+))/i.exec(disposition) ?? [];
  const name = quoted ?? plain;
  return { ...(name !== undefined && { name }), content: part.subarray(end + EMPTY_LINE.length) };
}
