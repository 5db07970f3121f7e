import { assertWholeNumber, cannot, RangeRefusal } from "../core/errors.ts";
import type { ExemplarsBuffer } from "./exemplars_buffer.ts";

/** What methods that keep samples take. */
export interface MemoryOptions {
  /** Samples kept in all; 200 if left out. */
  readonly memSize?: number;
  /** What is kept. Its size must be `memSize`. */
  readonly storagePolicy?: ExemplarsBuffer;
}

/**
 * The buffer that was given, or a new one of the size wanted.
 * @throws {RangeError} If the size is not a whole number of at least 1, or the buffer given has another.
 */
export function resolveStoragePolicy<Policy extends ExemplarsBuffer>(
  act: string,
  { memSize = 200, storagePolicy }: MemoryOptions,
  createDefault: (maxSize: number) => Policy,
): ExemplarsBuffer {
  assertWholeNumber(act, "memSize", memSize, 1);
  if (!storagePolicy) return createDefault(memSize);
  if (storagePolicy.maxSize === memSize) return storagePolicy;
  throw new RangeRefusal(cannot(act, `a storage policy of memSize ${memSize}`, storagePolicy.maxSize));
}
