import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, either, flag, required, text } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { count, declareState, text as textField } from "../../core/state/state.ts";
import type { MetricValue } from "../metric_value.ts";
import { encodeFileVersion, encodeValue } from "../tensorboard/event_codec.ts";
import { frameRecord } from "../tensorboard/record_framing.ts";
import { cutFile, syncFile } from "./log_files.ts";
import type { Logger } from "./logger.ts";

const NAME_START = "events.out.tfevents.";

/** Records are kept in memory up to this many bytes. */
const MAX_WAITING_BYTES = 1 << 16;

/** Where event files go. */
export interface TensorBoardLoggerOptions {
  /** The folder, made where it is missing; or what names it when the first value comes. */
  readonly folder: string | (() => string);
  /** Seconds since 1970. Default: the system's clock. It decides nothing but what TensorBoard shows. */
  readonly now?: () => number;
  /**
   * True where nothing else writes event files into the folder: a run that is resumed from its beginning removes those
   * that are there. False (the default) leaves them.
   */
  readonly isOwnFolder?: boolean;
}

const TENSOR_BOARD_LOGGER_RULES: OptionRules<TensorBoardLoggerOptions> = {
  folder: required(either(text(), callback())),
  now: callback(),
  isOwnFolder: flag(),
};

/**
 * Writes event files that TensorBoard opens (`events.out.tfevents.*`): numbers as scalars, pictures as images, matrices
 * as heat maps, counts and weights as histograms; what measures the machine, too. The file is made when the first value
 * comes and is brought up to date whenever an epoch, an evaluation or training ends.
 */
export class TensorBoardLogger implements Logger {
  readonly #options: TensorBoardLoggerOptions;
  readonly #now: () => number;
  readonly #file = declareState("a TensorBoard logger", { name: textField(), sizeBytes: count() });
  #path: string | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: TensorBoardLoggerOptions) {
    assertOptions("TensorBoardLogger", options, TENSOR_BOARD_LOGGER_RULES);
    this.#options = options;
    this.#now = options.now ?? readWallClock;
  }

  logMetrics(values: readonly MetricValue[]): void {
    const wallTime = this.#now();
    this.#open();
    for (const { key, value, step } of values) this.#add(encodeValue(key, value, { wallTime, step }));
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.flush();
  }

  afterTrainingEpoch(): void {
    this.flush();
  }

  afterTraining(): void {
    this.flush();
  }

  afterEval(): void {
    this.flush();
  }

  /** Hands everything to the operating system. */
  flush(): void {
    if (this.#path === undefined || this.#waitingBytes === 0) return;
    const bytes = new Uint8Array(this.#waitingBytes);
    let offset = 0;
    for (const record of this.#waiting) {
      bytes.set(record, offset);
      offset += record.length;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    appendFileSync(this.#path, bytes);
  }

  /** The file is made now if no value has come yet, so that a resumed run goes on with it. */
  saveState(): SavedState {
    const path = this.#open();
    this.flush();
    Object.assign(this.#file, { name: basename(path), sizeBytes: syncFile(path) });
    return this.#file.save();
  }

  restoreState(saved: SavedState | undefined): void {
    const folder = findFolder(this.#options);
    if (saved === undefined) {
      if (this.#options.isOwnFolder) removeEventFiles(folder);
      return;
    }
    this.#file.restore(saved);
    const path = join(folder, basename(this.#file.name));
    cutFile(path, this.#file.sizeBytes);
    this.#path = path;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #open(): string {
    if (this.#path === undefined) {
      const wallTime = this.#now();
      this.#path = createFilePath(findFolder(this.#options), wallTime);
      this.#add(encodeFileVersion(wallTime));
    }
    return this.#path;
  }

  #add(event: Uint8Array): void {
    const record = frameRecord(event);
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
  }
}

function findFolder({ folder }: TensorBoardLoggerOptions): string {
  return typeof folder === "string" ? folder : folder();
}

function createFilePath(folder: string, wallTime: number): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, `${NAME_START}${Math.floor(wallTime)}.${hostname()}`);
}

function removeEventFiles(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith(NAME_START)) rmSync(join(folder, name));
}

function readWallClock(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
