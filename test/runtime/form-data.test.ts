import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileInForm, isForm } from '#shared/runtime/form-data.ts';

const type = 'multipart/form-data; boundary=XX';
const form = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'));

describe('a form', () => {
  test('gives the part with a file name', () => {
    const body = form(
      '--XX\nContent-Disposition: form-data; name="key"\n\nvalue\n--XX\nContent-Disposition: form-data; name="file"; filename="diag.zip"\nContent-Type: application/zip\n\nbytes\n--XX--\n',
    );

    expect(fileInForm(body, type)).toEqual({ name: 'diag.zip', content: Buffer.from('bytes') });
  });

  test('gives its first part where none has a file name, and forgives what comes before it', () => {
    const body = form('a preamble\n--XX\nContent-Disposition: form-data; name="a"\n\n1\n--XX\n\n2\n--XX--');

    expect(fileInForm(body, type)).toEqual({ content: Buffer.from('1') });
  });

  test.each(['', 'no boundary', '--XX--\r\n', '--XX\r\nbroken', '--XX\r\nContent-Type: a\r\n\r\nnever ends'])(
    'without a whole part gives nothing: %j',
    (body) => {
      expect(fileInForm(Buffer.from(body), type)).toBeUndefined();
    },
  );

  test('of unknown boundary gives nothing', () => {
    expect(fileInForm(form('--XX\n\n1\n--XX--'), 'multipart/form-data')).toBeUndefined();
  });

  test.each([
    ['multipart/form-data; boundary=a', true],
    ['Multipart/Form-Data;boundary=a', true],
    ['multipart/mixed; boundary=a', false],
    ['application/octet-stream', false],
    ['', false],
  ])('is told by its type: %j', (contentType, expected) => {
    expect(isForm(contentType)).toBe(expected);
  });

  test('gives any bytes as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.stringMatching(/^[\w. -]{1,30}$/), async (bytes, name) => {
        const data = new FormData();
        data.set('other', 'a field');
        data.set('file', new File([new Uint8Array(bytes)], name));
        const request = new Request('http://charger/', { method: 'POST', body: data });

        const file = fileInForm(Buffer.from(await request.arrayBuffer()), request.headers.get('content-type') ?? '');

        expect(file).toEqual({ name, content: Buffer.from(bytes) });
      }),
    );
  });
});
