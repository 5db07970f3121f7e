import { setImmediate } from "node:timers";
import { setTimeout as wait } from "node:timers/promises";
import { describeRuntimeError } from "../../onnx/runtime_error.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { BatchTensor, ServedSession } from "../sessions/served_session.ts";
import { addBatch, createStatistics, type StatisticsCounter } from "./version_statistics.ts";

/** Rows that wait for their outputs. */
export interface Job {
  readonly rows: number;
  /** The bytes of each input, in the order of the session's. Borrowed until the job is done. */
  readonly inputs: readonly Uint8Array[];
  /** Memory for each output, in the order of the session's: filled when the job is done. */
  readonly outputs: readonly Uint8Array[];
}

interface Waiting extends Job {
  readonly arrivedMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Rows that were taken into a batch, and rows that came back. */
  taken: number;
  done: number;
  startedMs: number;
}

/** How many rows of a job stand where in a batch. */
interface Part {
  readonly job: Waiting;
  readonly rows: number;
  readonly jobRow: number;
  readonly batchRow: number;
}

/** What is left of the weight of a row's prediction after one more. */
const RECENT_FADE = 0.999;

/** Limits of a queue. */
export interface QueueOptions {
  /** Rows that may wait; more are refused with 429. */
  readonly maxQueuedRows: number;
  /** How long a batch that is not full waits for more rows. 0: no timer, whatever waits is taken. */
  readonly batchWaitMs: number;
}

/**
 * Batches form in the thread that answers: from whatever waits when the last batch is done. Between two batches the
 * event loop takes in what has arrived meanwhile, so that batches grow with the load by themselves.
 */
export class BatchQueue {
  readonly session: ServedSession;
  readonly statistics: StatisticsCounter;
  readonly #options: QueueOptions;
  readonly #waiting: Waiting[] = [];
  #waitingRows = 0;
  #isScheduled = false;
  #whenEmpty: (() => void)[] = [];

  constructor(session: ServedSession, options: QueueOptions) {
    this.session = session;
    this.#options = options;
    this.statistics = createStatistics(session.outputs[0]?.port.rowLength ?? 0);
  }

  /** Rows that wait. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  /**
   * Computes a job's outputs. Jobs are answered in the order in which they came.
   * @throws {ProtocolError} If too many rows wait, or the model answers NaN or infinity.
   */
  submit(job: Job): Promise<void> {
    const { maxQueuedRows } = this.#options;
    // A job alone may be larger: it is bounded by the size of a request.
    if (this.#waitingRows > 0 && this.#waitingRows + job.rows > maxQueuedRows) {
      const message = `the queue is full: ${this.#waitingRows} rows wait, and at most ${maxQueuedRows} may; try again`;
      return Promise.reject(new ProtocolError(429, message, { "retry-after": "1" }));
    }
    return new Promise((resolve, reject) => {
      const arrivedMs = performance.now();
      this.#waiting.push({ ...job, arrivedMs, resolve, reject, taken: 0, done: 0, startedMs: 0 });
      this.#waitingRows += job.rows;
      this.#schedule();
    });
  }

  /** Settles when nothing waits any more. */
  whenEmpty(): Promise<void> {
    if (this.#waiting.length === 0 && !this.#isScheduled) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#runNext);
  }

  readonly #runNext = async (): Promise<void> => {
    const { batchWaitMs } = this.#options;
    if (batchWaitMs > 0 && this.#waitingRows < this.session.capacity) await wait(batchWaitMs);
    await this.#runBatch(this.#takeBatch());
    this.#isScheduled = false;
    if (this.#waiting.length > 0) return this.#schedule();
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  };

  /** Moves rows from the queue into the session's inputs. */
  #takeBatch(): readonly Part[] {
    const { capacity, inputs } = this.session;
    const startedMs = performance.now();
    const parts: Part[] = [];
    let batchRow = 0;
    let finished = 0;
    for (const job of this.#waiting) {
      if (batchRow === capacity) break;
      const rows = Math.min(capacity - batchRow, job.rows - job.taken);
      const part = { job, rows, jobRow: job.taken, batchRow };
      for (let i = 0; i < inputs.length; i++) copyInput(inputs[i], part, i);
      if (job.taken === 0) job.startedMs = startedMs;
      parts.push(part);
      job.taken += rows;
      batchRow += rows;
      if (job.taken === job.rows) finished += 1;
    }
    this.#waiting.splice(0, finished);
    this.#waitingRows -= batchRow;
    this.statistics.inputNs += toNs(performance.now() - startedMs);
    return parts;
  }

  async #runBatch(parts: readonly Part[]): Promise<void> {
    const last = parts.at(-1);
    if (!last) return;
    const rows = last.batchRow + last.rows;
    const startedMs = performance.now();
    try {
      const pending = this.session.run(rows);
      if (pending) await pending;
    } catch (cause) {
      // One request must not take the others with it: each is tried alone.
      if (parts.length > 1) return this.#runAlone(parts);
      this.#fail(
        last.job,
        new ProtocolError(400, `the model cannot answer this input: ${describeRuntimeError(cause)}`),
      );
      return;
    }
    const computedMs = performance.now();
    this.#countBatch(rows, toNs(computedMs - startedMs));
    for (const part of parts) this.#giveBack(part, computedMs);
    this.#countFeatures(rows);
    this.statistics.outputNs += toNs(performance.now() - computedMs);
  }

  async #runAlone(parts: readonly Part[]): Promise<void> {
    const { inputs } = this.session;
    for (const part of parts) {
      if (part.job.done < 0) continue;
      const alone = { ...part, batchRow: 0 };
      for (let i = 0; i < inputs.length; i++) copyInput(inputs[i], alone, i);
      await this.#runBatch([alone]);
    }
  }

  #giveBack({ job, rows, jobRow, batchRow }: Part, computedMs: number): void {
    if (job.done < 0) return;
    for (let i = 0; i < job.outputs.length; i++) {
      const tensor = this.session.outputs[i];
      if (!tensor) continue;
      const { rowBytes, rowLength } = tensor.port;
      if (!areFinite(tensor, batchRow * rowLength, (batchRow + rows) * rowLength)) {
        const message = `the model answers NaN or infinity in "${tensor.port.name}" to this input`;
        this.#fail(job, new ProtocolError(400, message));
        return;
      }
      job.outputs[i]?.set(tensor.bytes.subarray(batchRow * rowBytes, (batchRow + rows) * rowBytes), jobRow * rowBytes);
    }
    this.#countPredictions(batchRow, rows);
    job.done += rows;
    if (job.done < job.rows) return;
    const { statistics } = this;
    statistics.requests += 1;
    statistics.rows += job.rows;
    statistics.queueNs += toNs(job.startedMs - job.arrivedMs);
    statistics.successNs += toNs(computedMs - job.arrivedMs);
    statistics.lastMs = performance.timeOrigin + computedMs;
    job.resolve();
  }

  #fail(job: Waiting, error: Error): void {
    if (job.done < 0) return;
    job.done = -1;
    const at = this.#waiting.indexOf(job);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      this.#waitingRows -= job.rows - job.taken;
    }
    this.statistics.failures += 1;
    this.statistics.failureNs += toNs(performance.now() - job.arrivedMs);
    job.reject(error);
  }

  #countBatch(rows: number, computeNs: number): void {
    const { statistics } = this;
    statistics.executions += 1;
    statistics.computeNs += computeNs;
    addBatch(statistics, rows, { executions: 1, computeNs });
  }

  /** What was predicted: by that, and by the mean of the features, a drift of the traffic is seen. */
  #countPredictions(firstRow: number, rows: number): void {
    const { predicted, recentPredicted } = this.statistics;
    const [output] = this.session.outputs;
    if (!output) return;
    const fade = RECENT_FADE ** rows;
    for (let column = 0; column < recentPredicted.length; column++) {
      recentPredicted[column] = (recentPredicted[column] ?? 0) * fade;
    }
    for (let row = firstRow; row < firstRow + rows; row++) {
      const column = findLargest(output, row);
      predicted[column] = (predicted[column] ?? 0) + 1;
      recentPredicted[column] = (recentPredicted[column] ?? 0) + 1;
    }
  }

  /** The mean of the features. One row of each batch: a sample of the traffic is enough for it. */
  #countFeatures(rows: number): void {
    const { statistics } = this;
    const [input] = this.session.inputs;
    if (!input || input.values instanceof BigInt64Array) return;
    const { values } = input;
    const { rowLength } = input.port;
    let sum = 0;
    for (let i = 0; i < rowLength; i++) sum += values[i] ?? 0;
    // What a model cannot answer may be infinite.
    if (!Number.isFinite(sum)) return;
    const weight = statistics.featureCount === 0 ? 1 : 1 - RECENT_FADE ** rows;
    statistics.recentMean += weight * (sum / rowLength - statistics.recentMean);
    statistics.featureSum += sum;
    statistics.featureCount += rowLength;
  }
}

function copyInput(tensor: BatchTensor | undefined, { job, rows, jobRow, batchRow }: Part, i: number): void {
  const bytes = job.inputs[i];
  if (!tensor || !bytes) return;
  const { rowBytes } = tensor.port;
  const isWhole = rows === job.rows;
  tensor.bytes.set(
    isWhole ? bytes : bytes.subarray(jobRow * rowBytes, (jobRow + rows) * rowBytes),
    batchRow * rowBytes,
  );
}

function areFinite({ values }: BatchTensor, start: number, end: number): boolean {
  if (!(values instanceof Float32Array)) return true;
  // x − x is NaN for NaN and infinity, and 0 for all others.
  let sum = 0;
  for (let i = start; i < end; i++) {
    const value = values[i] ?? 0;
    sum += value - value;
  }
  return sum === 0;
}

/** The column of a row's largest value, the first of equals. */
export function findLargest({ port, values }: BatchTensor, row: number): number {
  const start = row * port.rowLength;
  let largest = 0;
  for (let column = 1; column < port.rowLength; column++) {
    if (Number(values[start + column]) > Number(values[start + largest])) largest = column;
  }
  return largest;
}

function toNs(timeMs: number): number {
  return timeMs * 1e6;
}
