import { RangeRefusal } from "../../core/errors/errors.ts";
import type { BatchTensor, ServedSession } from "./served_session.ts";

/** Memory that inputs and outputs of one batch may take. */
const MAX_BATCH_BYTES = 2 ** 26;
const REPETITIONS = 5;
/** A batch twice as large must be so much faster a row to be worth its latency. */
const WORTH = 0.97;

/** The batch sizes that are tried, by powers of two up to `most`. */
export function listBatchSizes(most: number, rowBytes: number): readonly number[] {
  const largest = Math.max(1, Math.min(most, Math.floor(MAX_BATCH_BYTES / Math.max(1, rowBytes))));
  const sizes: number[] = [];
  for (let size = 1; size < largest; size *= 2) sizes.push(size);
  return [...sizes, largest];
}

/** How long a batch takes. */
export interface BatchTime {
  readonly rows: number;
  /** Milliseconds: the least of a few. */
  readonly timeMs: number;
}

/**
 * Runs each batch size a few times on zeros, so that onnxruntime has its memory and the best size is known. A small
 * convolutional network may take longer for 64 rows than for eight times 8.
 * @throws {RangeRefusal} If the model answers NaN or infinity, to zeros and to ones.
 */
export async function warmUp(session: ServedSession, sizes: readonly number[]): Promise<readonly BatchTime[]> {
  const times: BatchTime[] = [];
  for (const rows of sizes) {
    let timeMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < REPETITIONS; i++) {
      const start = performance.now();
      await session.run(rows);
      timeMs = Math.min(timeMs, performance.now() - start);
    }
    times.push({ rows, timeMs });
  }
  const broken = findBrokenOutput(session);
  if (broken && !(await answersOnes(session)))
    throw new RangeRefusal(`the model answers NaN or infinity in "${broken.port.name}"`);
  return times;
}

function findBrokenOutput({ outputs }: ServedSession): BatchTensor | undefined {
  return outputs.find(({ values }) => values instanceof Float32Array && !values.every(Number.isFinite));
}

/** A mask of zeros hides all of a sample, and attention to nothing is NaN. Ones are a sample like others there. */
async function answersOnes(session: ServedSession): Promise<boolean> {
  for (const { values } of session.inputs) {
    if (values instanceof BigInt64Array) values.fill(1n);
    else values.fill(1);
  }
  try {
    await session.run(session.capacity);
  } catch {
    return false;
  }
  return findBrokenOutput(session) === undefined;
}

/** The size with the least time a row. A larger one must be better by more than chance. */
export function chooseBatch(times: readonly BatchTime[]): number {
  let best = { rows: 1, timeMs: Number.POSITIVE_INFINITY };
  for (const time of times) {
    if (time.timeMs / time.rows < (WORTH * best.timeMs) / best.rows) best = time;
  }
  return best.rows;
}
