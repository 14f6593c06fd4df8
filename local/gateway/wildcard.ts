/** `*` stands for any text, also none and also slashes; `?` for one character. Case counts. */
export function wildcard(pattern: string): RegExp {
  const literal = pattern.replace(/[\\^$.+()[\]{}|/-]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}
