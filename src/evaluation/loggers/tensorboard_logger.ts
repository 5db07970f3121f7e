import { appendFileSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { MetricValue } from "../metric_value.ts";
import { encodeFileVersion, encodeValue } from "../tensorboard/event_codec.ts";
import { frameRecord } from "../tensorboard/record_framing.ts";
import type { Logger } from "./logger.ts";

/** Records are kept in memory up to this many bytes. */
const MAX_WAITING_BYTES = 1 << 16;

/** Where event files go. */
export interface TensorBoardLoggerOptions {
  /** The folder, made where it is missing; or what names it when the first value comes. */
  readonly folder: string | (() => string);
  /** Seconds since 1970; the system's clock unless given. It decides nothing but what TensorBoard shows. */
  readonly now?: () => number;
}

/**
 * Writes event files that TensorBoard opens (`events.out.tfevents.*`): numbers as scalars, pictures as images, matrices as heat
 * maps, counts and weights as histograms; what measures the machine, too. The file is made when the first value comes and is
 * brought up to date whenever an epoch, an evaluation or training ends.
 */
export class TensorBoardLogger implements Logger {
  readonly #folder: string | (() => string);
  readonly #now: () => number;
  #path: string | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor({ folder, now = readWallClock }: TensorBoardLoggerOptions) {
    this.#folder = folder;
    this.#now = now;
  }

  logMetrics(values: readonly MetricValue[]): void {
    const wallTime = this.#now();
    if (this.#path === undefined) {
      this.#path = createFilePath(this.#folder, wallTime);
      this.#add(encodeFileVersion(wallTime));
    }
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

  #add(event: Uint8Array): void {
    const record = frameRecord(event);
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
  }
}

function createFilePath(folder: string | (() => string), wallTime: number): string {
  const path = typeof folder === "string" ? folder : folder();
  mkdirSync(path, { recursive: true });
  return join(path, `events.out.tfevents.${Math.floor(wallTime)}.${hostname()}`);
}

function readWallClock(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
