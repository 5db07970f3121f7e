import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { completePage, createPageBody } from "./create_page.ts";
import { readRun } from "./read_run.ts";

/** A run's page as it was drawn last. */
export interface Drawing {
  /** Tells one state of the run's files from another: an HTTP entity tag. */
  readonly version: string;
  /** The whole page, with a line on what the run is doing. */
  readonly complete: (progress: string) => CompletePage;
  /** The page's contents alone, UTF-8. Borrowed: never written to. */
  readonly main: Uint8Array;
  /** Paths of the exported models, relative to the run's folder. */
  readonly models: ReadonlySet<string>;
}

/** A whole page, and what tells it from the pages of other moments. */
export interface CompletePage {
  readonly tag: string;
  /** UTF-8. Borrowed: never written to. */
  readonly page: Uint8Array;
}

/** Keeps the newest drawing of a run, so that asking for it again costs nothing until a file of the run changes. */
export class DrawnRun {
  readonly folder: string;
  readonly #script: string;
  #newest: Drawing | undefined;
  #drawing: Promise<Drawing> | undefined;

  /** @param folder The run's folder, absolute. */
  constructor(folder: string, script: string) {
    this.folder = folder;
    this.#script = script;
  }

  /**
   * The run as it stands. Whoever asks while a drawing is being made gets that one: there is never a second beside it.
   * @throws {Error} If the folder holds no run, or a file of it is not what a run writes.
   */
  read(): Promise<Drawing> {
    this.#drawing ??= this.#refresh().finally(() => {
      this.#drawing = undefined;
    });
    return this.#drawing;
  }

  async #refresh(): Promise<Drawing> {
    const { folder } = this;
    const version = await readVersion(folder);
    if (this.#newest?.version === version) return this.#newest;
    const run = await readRun(folder);
    const main = await createPageBody([run], folder);
    const encoder = new TextEncoder();
    const complete = keepLast((progress: string): CompletePage => {
      const page = encoder.encode(completePage([run], { main, script: this.#script, progress }));
      return { tag: createTag([version, progress]), page };
    });
    const models = new Set(run.experiences.flatMap(({ onnx }) => onnx?.path ?? []));
    this.#newest = { version, complete, main: encoder.encode(main.text), models };
    return this.#newest;
  }
}

async function readVersion(folder: string): Promise<string> {
  const states = ["config.json", "summary.json", "metrics.jsonl"].map(async (name) => {
    const { mtimeMs = 0, size = 0 } = (await stat(join(folder, name)).catch(() => undefined)) ?? {};
    return `${mtimeMs}-${size}`;
  });
  return createTag(await Promise.all(states));
}

function createTag(states: readonly string[]): string {
  return `"${createHash("sha256").update(states.join()).digest("hex").slice(0, 16)}"`;
}

/** The same function, which is asked again only for another text than the last. */
function keepLast<Result>(make: (text: string) => Result): (text: string) => Result {
  let last: { readonly text: string; readonly result: Result } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, result: make(text) };
    return last.result;
  };
}
