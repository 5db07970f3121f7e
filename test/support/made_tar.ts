/** A file of a tar archive. */
export type TarFile = readonly [name: string, bytes: Uint8Array | string];

const BLOCK = 512;

/** The bytes of a tar archive in the format ustar; `longNames` writes every name as a header of its own. */
export function makeTar(files: readonly TarFile[], { longNames }: { longNames?: "gnu" | "pax" } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, content] of files) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    if (longNames === "gnu") parts.push(makeEntry("././@LongLink", new TextEncoder().encode(`${name}\0`), "L"));
    if (longNames === "pax") parts.push(makeEntry("PaxHeaders/x", makePaxField("path", name), "x"));
    parts.push(makeEntry(longNames ? "short" : name, bytes, "0"));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The record's length counts its own digits. */
function makePaxField(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length += 1;
  return new TextEncoder().encode(`${length}${rest}`);
}

function makeEntry(name: string, bytes: Uint8Array, type: string): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const write = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  write(0, name);
  write(100, "0000644\0");
  write(124, `${bytes.length.toString(8).padStart(11, "0")}\0`);
  write(136, "00000000000\0");
  write(148, "        ");
  write(156, type);
  write(257, "ustar\x0000");
  write(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
  );
  const entry = new Uint8Array(BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK);
  entry.set(header);
  entry.set(bytes, BLOCK);
  return entry;
}
