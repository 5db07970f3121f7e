import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { isSystemError } from "../../core/errors/system_error.ts";
import { writeAtomically } from "../../core/write_atomically.ts";
import { parseNpy } from "../../data/readers/npy_reader.ts";
import { parseNpyTexts } from "../../data/readers/npy_text.ts";
import { SOURCE_LOG } from "../../data/readers/read_sample_folder.ts";
import { RunLock } from "../../runs/run_lock.ts";
import { withStorage } from "../../runs/storage_error.ts";
import { FEEDBACK_NAME, type RowForm, readCollectedForm } from "./collected_form.ts";
import { encodeLabels, encodeNpyHeader, NPY_HEADER_BYTES } from "./encode_npy.ts";
import { type FeedbackEntry, takeUpJournal } from "./feedback_journal.ts";
import type { RawSamples } from "./sample_form.ts";

/** Where rows are until their experience is closed. Names that begin with a point are no experiences. */
export const FEEDBACK_JOURNAL = ".feedback";

/** What stands there before an experience is closed. */
const JOURNAL_FILES: ReadonlySet<string> = new Set(["x.npy", SOURCE_LOG]);

/** What came with samples: who said when what they are. */
export type FeedbackNote = Omit<FeedbackEntry, "rows" | "labels"> & { readonly labels: readonly string[] };

/**
 * Collects labelled samples in a folder of experiences. Rows are written to the folder ".feedback/open", on the disk:
 * first the samples, then the line of source.jsonl that makes them count; an experience is closed by renaming that
 * folder. So a process may end at any time: nothing is half there, and nothing that was accepted is lost.
 */
export class FeedbackFolder {
  readonly #path: string;
  readonly #lock: RunLock;
  #files: OpenFiles | undefined;
  #form: Pick<RawSamples, "descr" | "shape"> | undefined;
  #labels: string[] = [];
  #samplesEnd = NPY_HEADER_BYTES;
  #sourceEnd = 0;

  private constructor(path: string, lock: RunLock) {
    this.#path = path;
    this.#lock = lock;
  }

  /**
   * Opens a folder, which is made where it is not there, and takes up what an earlier process has collected.
   * @throws {RefusalError} If another process collects there, or what is there cannot be read.
   * @throws {StorageError} If it cannot be written.
   */
  static async open(path: string): Promise<FeedbackFolder> {
    const lock = await withStorage(`write to ${path}`, async () => {
      await mkdir(join(path, FEEDBACK_JOURNAL), { recursive: true });
      return RunLock.acquire(join(path, FEEDBACK_JOURNAL));
    });
    const folder = new FeedbackFolder(path, lock);
    try {
      await folder.#takeUp();
      return folder;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The label of each row that is collected for the next experience. */
  get labels(): readonly string[] {
    return this.#labels;
  }

  /** All labels in the experiences of the folder that were collected, and in the next one. */
  async findLabels(): Promise<ReadonlySet<string>> {
    const found = new Set(this.#labels);
    for (const name of (await readdir(this.#path)).filter((name) => FEEDBACK_NAME.test(name))) {
      for (const label of await readLabelFile(join(this.#path, name, "y.npy"))) found.add(label);
    }
    return found;
  }

  /** How a row of the next experience is kept; undefined before there is one. */
  get rowForm(): RowForm | undefined {
    return this.#form && { descr: this.#form.descr, rowShape: this.#form.shape.slice(1) };
  }

  /** How a row of the first experience is kept; undefined where there is none. */
  readFirstForm(): Promise<RowForm | undefined> {
    return withStorage(`read ${this.#path}`, () => readCollectedForm(this.#path));
  }

  /**
   * Keeps samples, all or none. Their form must be `rowForm`.
   * @throws {StorageError} If they cannot be written.
   */
  async add(samples: RawSamples, note: FeedbackNote): Promise<void> {
    const rows = samples.shape[0] ?? 0;
    await withStorage(`write to ${this.#path}`, async () => {
      const form = this.#form ?? { descr: samples.descr, shape: [0, ...samples.shape.slice(1)] };
      this.#files ??= await this.#create(form);
      const { x, source } = this.#files;
      await writeAt(x, samples.bytes, this.#samplesEnd);
      const line = new TextEncoder().encode(`${JSON.stringify({ ...note, rows })}\n`);
      await writeAt(source, line, this.#sourceEnd);
      this.#samplesEnd += samples.bytes.length;
      this.#sourceEnd += line.length;
      this.#form = form;
    });
    this.#labels.push(...note.labels);
  }

  /**
   * Makes what was collected the next experience. @returns Its name.
   * @throws {StorageError} If it cannot be written: then it is still collected.
   */
  async close(): Promise<string> {
    const [files, form] = [this.#files, this.#form];
    if (!files || !form) throw new Error("nothing is collected");
    return withStorage(`write to ${this.#path}`, async () => {
      const shape = [this.#labels.length, ...form.shape.slice(1)];
      await writeAt(files.x, encodeNpyHeader({ descr: form.descr, shape }), 0);
      await files.x.truncate(this.#samplesEnd);
      await files.source.truncate(this.#sourceEnd);
      await Promise.all([files.x.sync(), files.source.sync()]);
      await writeAtomically(join(this.#journal, "y.npy"), encodeLabels(this.#labels));
      const name = await this.#nameNext();
      await rename(this.#journal, join(this.#path, name));
      this.#forget();
      await Promise.all([files.x.close(), files.source.close()]);
      return name;
    });
  }

  /** Lets others in. What is collected is taken up by the next process that opens the folder. */
  async end(): Promise<void> {
    await Promise.all([this.#files?.x.close(), this.#files?.source.close()]);
    this.#files = undefined;
    this.#lock.release();
  }

  get #journal(): string {
    return join(this.#path, FEEDBACK_JOURNAL, "open");
  }

  async #create(form: Pick<RawSamples, "descr" | "shape">): Promise<OpenFiles> {
    await rm(this.#journal, { recursive: true, force: true });
    await mkdir(this.#journal);
    const x = await open(join(this.#journal, "x.npy"), "w");
    await writeAt(x, encodeNpyHeader(form), 0);
    return { x, source: await open(join(this.#journal, SOURCE_LOG), "w") };
  }

  async #takeUp(): Promise<void> {
    const found = await takeUpJournal(this.#journal);
    if (!found) return;
    const { form, entries, sourceBytes, samplesEnd } = found;
    // A process that is killed while it closes an experience leaves what it was writing of labels.
    const others = (await readdir(this.#journal)).filter((name) => !JOURNAL_FILES.has(name));
    for (const name of others) await rm(join(this.#journal, name));
    this.#form = form;
    this.#labels = entries.flatMap(({ labels }) => labels);
    this.#samplesEnd = samplesEnd;
    this.#sourceEnd = sourceBytes;
    const x = await open(join(this.#journal, "x.npy"), "r+");
    this.#files = { x, source: await open(join(this.#journal, SOURCE_LOG), "r+") };
    // What was half written.
    await x.truncate(samplesEnd);
    await this.#files.source.truncate(sourceBytes);
  }

  #forget(): void {
    this.#files = undefined;
    this.#form = undefined;
    this.#labels = [];
    this.#samplesEnd = NPY_HEADER_BYTES;
    this.#sourceEnd = 0;
  }

  async #nameNext(): Promise<string> {
    const numbers = (await readdir(this.#path)).map((name) => Number(FEEDBACK_NAME.exec(name)?.[1] ?? 0));
    return `feedback-${String(Math.max(0, ...numbers) + 1).padStart(4, "0")}`;
  }
}

interface OpenFiles {
  readonly x: FileHandle;
  readonly source: FileHandle;
}

/** Writes bytes to the disk. */
async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
  await file.sync();
}

/** None where somebody took the file away, or wrote another: training says what is wrong with it. */
async function readLabelFile(path: string): Promise<readonly string[]> {
  try {
    const bytes = await readFile(path);
    return parseNpyTexts(bytes, path) ?? Array.from(parseNpy(bytes, path).data, String);
  } catch (error) {
    if (error instanceof RefusalError || isSystemError(error)) return [];
    throw error;
  }
}
