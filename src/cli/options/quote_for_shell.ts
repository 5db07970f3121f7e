/** A word as it can be typed into a shell: in quotes where it holds more than letters, digits and ./=:@-_. */
export function quoteForShell(word: string): string {
  return /^[\w./=:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
