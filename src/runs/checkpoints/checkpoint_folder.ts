import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describeCause } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { writeAtomically } from "../../core/write_atomically.ts";
import { assertRegularFile } from "../read_run_files.ts";
import { readErrorCode, withStorage } from "../storage_error.ts";
import type { MatrixFile } from "../summary/matrix_file.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint_codec.ts";
import type { KnownWeights } from "./left_out.ts";
import { isLargeMatrix, leaveOutRows, putRowsBack } from "./matrix_rows.ts";
import { parseRunCheckpoint, type RunCheckpoint, type StoredCheckpoint } from "./run_checkpoint.ts";
import { readHeaderBytes } from "./safetensors.ts";
import { WeightsFileRefusal } from "./weights_file_refusal.ts";

/** How many checkpoints are kept: one to use, and two in case that it is damaged. */
const KEPT_CHECKPOINTS = 3;

const NAME = /^checkpoint-(\d{6,})\.safetensors$/;

/** A checkpoint that cannot be used. */
export interface DamagedCheckpoint {
  readonly name: string;
  readonly reason: string;
}

/** What was found in the folder. */
export interface FoundCheckpoint {
  /** The newest that is whole; undefined if there is none. */
  readonly checkpoint: RunCheckpoint | undefined;
  readonly name: string | undefined;
  /** Newer ones that are not, newest first. */
  readonly damaged: readonly DamagedCheckpoint[];
}

/** How checkpoints are written, and what else they rely on. */
export interface CheckpointFolderParts {
  /** How a file is written whole or not at all. Default: `writeAtomically`. */
  readonly write?: typeof writeAtomically;
  /** The run's accuracy matrix: rows that stand there need not stand in every checkpoint. Default: all do. */
  readonly matrix?: MatrixFile;
  /** True where another process writes the checkpoints. Default: false. */
  readonly isObserved?: boolean;
}

/** A checkpoint, and which weights of it stand in a file. */
export interface PreparedCheckpoint {
  readonly checkpoint: RunCheckpoint;
  readonly known: KnownWeights | undefined;
}

/** The folder of one run's checkpoints: numbered files, of which the newest few are kept. */
export class CheckpointFolder {
  readonly path: string;
  readonly #write: typeof writeAtomically;
  readonly #matrix: MatrixFile | undefined;
  readonly #isObserved: boolean;
  #next: number | undefined;

  constructor(path: string, { write = writeAtomically, matrix, isObserved = false }: CheckpointFolderParts = {}) {
    this.path = path;
    this.#isObserved = isObserved;
    this.#write = write;
    this.#matrix = matrix;
  }

  /**
   * Writes a checkpoint; once it is on the disk, the oldest make room.
   * @param known Weights that it leaves out, as they stand in a file. Default: none.
   * @returns How many bytes of it are no vectors.
   * @throws {StorageError} If the disk refuses; those written before are untouched then.
   */
  async save(checkpoint: RunCheckpoint, known?: KnownWeights): Promise<number> {
    if (this.#isObserved) return 0;
    const bytes = encodeCheckpoint(await this.#leaveOutMatrix(checkpoint), known);
    await withStorage(`write a checkpoint of ${bytes.length} bytes into ${this.path}`, async () => {
      if (this.#next === undefined) {
        await mkdir(this.path, { recursive: true });
        this.#next = readNumber((await this.list())[0] ?? "") + 1;
      }
      await this.#write(join(this.path, formatName(this.#next)), bytes);
      this.#next += 1;
      for (const name of (await this.list()).slice(KEPT_CHECKPOINTS)) await rm(join(this.path, name), { force: true });
    });
    return readHeaderBytes(bytes);
  }

  /** The names of the files there are, newest first. */
  async list(): Promise<string[]> {
    const names = await readdir(this.path).catch((error) => {
      if (readErrorCode(error) === "ENOENT") return [];
      throw error;
    });
    return names.filter((name) => NAME.test(name)).sort((a, b) => readNumber(b) - readNumber(a));
  }

  /**
   * The newest checkpoint that is whole.
   * @param assertUsable Throws if a checkpoint that is whole in itself does not fit what else is there.
   * @param read Gives the state in a file. Default: of those that leave no weights out.
   * @throws {WeightsFileRefusal} If that file is missing or has changed: the checkpoint is not damaged for that.
   */
  async findNewest(
    assertUsable: (checkpoint: RunCheckpoint) => void = () => {},
    read: (bytes: Uint8Array) => SavedState | Promise<SavedState> = decodeCheckpoint,
  ): Promise<FoundCheckpoint> {
    const damaged: DamagedCheckpoint[] = [];
    for (const name of await this.list()) {
      try {
        const path = join(this.path, name);
        await assertRegularFile(path);
        const stored = parseRunCheckpoint(await read(await readFile(path)));
        const readMatrix = async () => (await this.#matrix?.read()) ?? [];
        const checkpoint = { ...stored, experiences: await putRowsBack(stored.experiences, readMatrix) };
        assertUsable(checkpoint);
        return { checkpoint, name, damaged };
      } catch (error) {
        if (error instanceof WeightsFileRefusal)
          throw new WeightsFileRefusal(`${name}: ${error.message}`, { cause: error });
        damaged.push({ name, reason: describeCause(error) });
      }
    }
    return { checkpoint: undefined, name: undefined, damaged };
  }

  /** Rows of a large matrix are on the disk before a checkpoint relies on them. */
  async #leaveOutMatrix(checkpoint: RunCheckpoint): Promise<StoredCheckpoint> {
    const { experiences } = checkpoint;
    if (!this.#matrix || !isLargeMatrix(experiences)) return checkpoint;
    return { ...checkpoint, experiences: leaveOutRows(experiences, await this.#matrix.sync()) };
  }
}

function formatName(number: number): string {
  return `checkpoint-${String(number).padStart(6, "0")}.safetensors`;
}

function readNumber(name: string): number {
  return Number(NAME.exec(name)?.[1] ?? 0);
}
