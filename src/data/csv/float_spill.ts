import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSystemError, withFileNamed } from "../../core/errors/system_error.ts";
import { isLeftBehind, OWNER_MARK } from "../../core/left_behind.ts";

/** Numbers are written in pieces of this many bytes. */
const PIECE_VALUES = 2 ** 18;

/** How the names of folders begin that hold such a file. */
const NAME_START = "firn-rows.";

/** Folders that this process has made, which go when it does. */
const folders: string[] = [];

/**
 * Float32 numbers that are written to a file of this process one after another, because memory would not hold them.
 * A process that is killed leaves its files, which the next one that has some removes.
 */
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
      if (folders.length === 0) {
        process.once("exit", removeAll);
        removeLeft();
      }
      const folder = mkdtempSync(join(tmpdir(), `${NAME_START}${OWNER_MARK}-`));
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

/** Those of processes that were killed. */
function removeLeft(): void {
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith(NAME_START) && isLeftBehind(name));
  for (const name of left) {
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch (error) {
      // Somebody else's, who may not be cleared up after.
      if (!isSystemError(error)) throw error;
    }
  }
}

function removeAll(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
