import { close, closeSync, open, read } from "node:fs";
import { promisify } from "node:util";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";

/** A range of bytes of a file. */
export interface FileRange {
  readonly start: number;
  readonly length: number;
}

/** Files that stay open; more are opened for each range. */
const MOST_OPEN = 32;

const openFile = promisify(open);
const closeFile = promisify(close);

/** Descriptors of readers that nobody has any more. */
const forgotten = new FinalizationRegistry<Map<string, number>>((files) => {
  for (const file of files.values()) closeSync(file);
});

/** Reads ranges of files, of which the first few stay open. */
export class FileRanges {
  readonly #files = new Map<string, number>();

  constructor() {
    forgotten.register(this, this.#files);
  }

  /**
   * The bytes of a range. The caller owns them.
   * @throws {RefusalError} If the file cannot be read, or ends before the range does; it begins with `subject`.
   */
  async read(path: string, { start, length }: FileRange, subject = path): Promise<Uint8Array<ArrayBuffer>> {
    return withFileNamed(path, async () => {
      const known = this.#files.get(path);
      const file = known ?? (await openFile(path, "r"));
      // Another range of it may have been asked for meanwhile.
      const isKept = known !== undefined || (this.#files.size < MOST_OPEN && !this.#files.has(path));
      if (isKept) this.#files.set(path, file);
      try {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; ) {
          const count = await readPiece(file, { bytes, at, position: start + at });
          if (count === 0)
            throw new SyntaxRefusal(`${subject}: truncated: ${length} bytes are needed from ${start} on`);
          at += count;
        }
        return bytes;
      } finally {
        if (!isKept) await closeFile(file);
      }
    });
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly position: number;
}

function readPiece(file: number, { bytes, at, position }: Piece): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, bytes, at, bytes.length - at, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
