/** A word as somebody can type it into a shell: in quotes where it holds more than letters, digits and ./=:@-_. */
export function quoteForShell(word: string): string {
  return /^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
