import { RangeRefusal } from "../../core/errors/errors.ts";
import type { OptionRules } from "../../core/options/assert_options.ts";
import { objectLike, wholeNumber } from "../../core/options/value_rules.ts";
import type { ExemplarsBuffer } from "./exemplars_buffer.ts";

/** What methods that keep samples take. */
export interface MemoryOptions {
  /** Samples kept in all; 200 if left out. */
  readonly memSize?: number;
  /** What is kept. Its size must be `memSize`. */
  readonly storagePolicy?: ExemplarsBuffer;
}

/** What `MemoryOptions` may be. */
export const MEMORY_RULES: OptionRules<MemoryOptions> = {
  memSize: wholeNumber(1),
  storagePolicy: objectLike("a buffer", "buffer", "maxSize", "update"),
};

/**
 * The buffer that was given, or a new one of the size wanted.
 * @throws {RangeError} If the buffer given has another size.
 */
export function resolveStoragePolicy<Policy extends ExemplarsBuffer>(
  subject: string,
  { memSize = 200, storagePolicy }: MemoryOptions,
  createDefault: (maxSize: number) => Policy,
): ExemplarsBuffer {
  if (!storagePolicy) return createDefault(memSize);
  if (storagePolicy.maxSize === memSize) return storagePolicy;
  throw new RangeRefusal(
    `${subject}: storagePolicy.maxSize must be ${memSize}, as memSize, got ${storagePolicy.maxSize}`,
  );
}
