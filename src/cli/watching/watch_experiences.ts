import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import { z } from "zod";
import { describeValue, RefusalError } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { listFolder } from "../../data/readers/read_sample_folder.ts";
import { findExperienceFolders } from "../../streams/benchmarks/directory/find_experience_folders.ts";
import { CliError } from "../cli_error.ts";
import type { TrainConfig } from "../training/config/train_config.ts";
import { FolderMarks } from "./folder_marks.ts";

/** How often folders are looked at, where nothing says that they changed. */
const POLL_MS = 1000;
/** How long a folder that did not come by renaming must be as it is. */
const QUIET_MS = 3000;

/** Where experiences appear. */
export interface WatchedFolders {
  readonly path: string;
  readonly more?: readonly string[] | undefined;
  readonly testSize?: number | undefined;
}

/** Experiences that came and are whole. */
export interface NewExperiences {
  /** By their names, in natural order: what changes with their files. */
  readonly marks: ReadonlyMap<string, string>;
}

const watchedOptions = z.looseObject({
  path: z.string().optional(),
  more: z.array(z.string()).optional(),
  testSize: z.number().optional(),
  scenario: z.enum(["folders"]).optional(),
  experienceColumn: z.undefined().optional(),
  orderColumn: z.undefined().optional(),
  decayBeta: z.undefined().optional(),
});

/**
 * The folders of a run that is to go on with experiences that appear.
 * @throws {CliError} If its benchmark is none of folders of experiences, or what it trains cannot be continued.
 */
export async function findWatchedFolders(config: TrainConfig): Promise<WatchedFolders> {
  const folders = readWatchedFolders(config);
  const { isUndivided } = await findExperienceFolders(folders);
  if (isUndivided) throw new CliError(`--watch needs a folder for each experience, and ${folders.path} holds samples`);
  return folders;
}

/**
 * The same without a look at what they hold: they need not be there.
 * @param command What was typed that needs them.
 * @throws {CliError} As above.
 */
export function readWatchedFolders({ benchmark, strategy, data }: TrainConfig, command = "--watch"): WatchedFolders {
  const { data: options, error } = watchedOptions.safeParse(benchmark.options);
  if (benchmark.name !== "directory") {
    throw new CliError(`${command} needs the benchmark directory, got ${benchmark.name}`);
  }
  if (!options) {
    const [option] = error.issues[0]?.path ?? [];
    throw new CliError(`${command} needs a folder for each experience, which ${String(option)} excludes`);
  }
  const path = options.path ?? data;
  if (path === null) throw new CliError(`${command} needs a folder for each experience: directory:path=FOLDER`);
  if (strategy.name === "joint") throw new CliError(`${command}: joint trains all experiences at once and adds none`);
  return { path, ...omitUndefined({ more: options.more, testSize: options.testSize }) };
}

/** Says which experiences are wanted now; undefined where none are. */
export type ChooseExperiences = (found: NewExperiences) => NewExperiences | undefined;

/** What is watched, and who is told. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Gets one line where the folder cannot be read as one of experiences. */
  readonly report: (line: string) => void;
  /** Default: 3000. */
  readonly quietMs?: number;
}

/** Looks for experiences that are not known yet. */
export class ExperienceWatch {
  readonly #folders: WatchedFolders;
  readonly #options: WatchOptions;
  readonly #marks: FolderMarks;
  #told = "";

  constructor(folders: WatchedFolders, options: WatchOptions) {
    this.#folders = folders;
    this.#options = options;
    this.#marks = new FolderMarks({ quietMs: options.quietMs ?? QUIET_MS });
  }

  /**
   * Waits for experiences that are whole and not known.
   * @param choose Says which of them are wanted; undefined for none yet. Default: all.
   * @returns Undefined after an abort.
   */
  async waitForNew(known: readonly string[], choose: ChooseExperiences = (all) => all) {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const found = await this.findNew(known);
      const chosen = found && choose(found);
      if (chosen) return chosen;
      await this.#pause();
    }
    return undefined;
  }

  /** Waits until there are experiences and all of them are whole: for who reads whatever is there. */
  async waitForAll(choose: ChooseExperiences): Promise<NewExperiences | undefined> {
    for (;;) {
      const found = await this.waitForNew([], choose);
      if (!found || found.marks.size === (await this.#listUnknown([])).length) return found;
      await this.#pause();
    }
  }

  /** Those that are there now; undefined where there are none. */
  async findNew(known: readonly string[]): Promise<NewExperiences | undefined> {
    const marks = new Map<string, string>();
    for (const { name, folders } of await this.#listUnknown(known)) {
      const own = await Promise.all(folders.map((folder) => this.#marks.findWhole(folder)));
      if (own.every((mark) => mark !== undefined)) marks.set(name, own.join("\n"));
    }
    return marks.size === 0 ? undefined : { marks };
  }

  async #listUnknown(known: readonly string[]) {
    try {
      if (await isEmpty(this.#folders.path)) return [];
      const { names, parts, tested, isUndivided, rootOf } = await findExperienceFolders(this.#folders);
      if (isUndivided) throw new RefusalError(`${this.#folders.path} holds samples, and no folder for each experience`);
      this.#told = "";
      const unknown = names.filter((name) => !known.includes(name));
      return unknown.map((name) => {
        const own = parts.filter((part) => part !== "test" || tested.includes(name));
        return { name, folders: own.map((part) => join(rootOf(name), part, name)) };
      });
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      // Once: while files are copied, a folder may be what it is not to be.
      if (error.message !== this.#told) this.#options.report(`waiting: ${error.message}`);
      this.#told = error.message;
      return [];
    }
  }

  /** Until something changes in a folder, or a second has passed. */
  async #pause(): Promise<void> {
    const { signal } = this.#options;
    const { path, more = [] } = this.#folders;
    const watchers: FSWatcher[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wake = () => {};
    await new Promise<void>((done) => {
      wake = done;
      timer = setTimeout(done, POLL_MS);
      signal.addEventListener("abort", wake, { once: true });
      for (const folder of [path, ...more].flatMap((root) => [root, join(root, "train")])) {
        const watcher = openWatcher(folder, wake);
        if (watcher) watchers.push(watcher);
      }
    });
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    for (const watcher of watchers) watcher.close();
  }
}

/** Nothing has come yet. */
async function isEmpty(folder: string): Promise<boolean> {
  const { folders, files } = await listFolder(folder);
  return folders.length + files.length === 0;
}

/** Undefined where a folder cannot be watched: it is looked at all the same. */
function openWatcher(folder: string, wake: () => void): FSWatcher | undefined {
  try {
    return watch(folder, wake).on("error", wake);
  } catch {
    return undefined;
  }
}

/** A line on what is waited for. */
export function describeWait({ path, more = [] }: WatchedFolders): string {
  return `Waiting for new experiences in ${[path, ...more].map((folder) => describeValue(folder)).join(" and ")}`;
}
