import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFileNamed } from "../../core/errors/system_error.ts";

/** Numbers are written in pieces of this many bytes. */
const PIECE_VALUES = 2 ** 18;

/** Folders that this process has made, which go when it does. */
const folders: string[] = [];

/** Float32 numbers that are written to a file of this process one after another, because memory would not hold them. */
export class FloatSpill {
  readonly path: string;
  readonly #file: number;
  readonly #piece = new Float32Array(PIECE_VALUES);
  #filled = 0;

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
  }

  /** @throws {RefusalError} If the system's folder for temporary files cannot be written to. */
  static async open(): Promise<FloatSpill> {
    return withFileNamed(tmpdir(), async () => {
      if (folders.length === 0) process.once("exit", removeAll);
      const folder = mkdtempSync(join(tmpdir(), "firn-rows-"));
      folders.push(folder);
      const path = join(folder, "rows.f32");
      return new FloatSpill(path, openSync(path, "wx"));
    });
  }

  add(value: number): void {
    if (this.#filled === PIECE_VALUES) this.#flush();
    this.#piece[this.#filled] = value;
    this.#filled += 1;
  }

  /** Writes what is left. */
  finish(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#piece.buffer, 0, this.#filled * Float32Array.BYTES_PER_ELEMENT);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at);
    this.#filled = 0;
  }
}

function removeAll(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
