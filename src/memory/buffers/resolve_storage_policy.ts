import { RangeRefusal } from "../../core/errors/errors.ts";
import { ClosestToCenterSelectionStrategy, HerdingSelectionStrategy } from "../selection/selection_strategy.ts";
import { ClassBalancedBuffer } from "./class_balanced_buffer.ts";
import type { ExemplarsBuffer } from "./exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "./experience_balanced_buffer.ts";
import { ParametricBuffer } from "./parametric_buffer.ts";
import { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";
import type { StoragePolicyName } from "./storage_policies.ts";

/** A memory as a method's options give it. */
export interface StoragePolicyOptions {
  /** Samples kept in all. */
  readonly memSize: number;
  /** What is kept: a buffer of that size, or its name. */
  readonly storagePolicy: ExemplarsBuffer | StoragePolicyName;
}

/**
 * The buffer that was given, or a new one of the size and kind wanted.
 * @throws {RangeError} If the buffer given has another size.
 */
export function resolveStoragePolicy(
  subject: string,
  { memSize, storagePolicy }: StoragePolicyOptions,
): ExemplarsBuffer {
  if (typeof storagePolicy === "string") return createBuffer(storagePolicy, memSize);
  if (storagePolicy.maxSize === memSize) return storagePolicy;
  throw new RangeRefusal(
    `${subject}: storagePolicy.maxSize must be ${memSize}, as memSize, got ${storagePolicy.maxSize}`,
  );
}

function createBuffer(name: StoragePolicyName, maxSize: number): ExemplarsBuffer {
  switch (name) {
    case "experience-balanced":
      return new ExperienceBalancedBuffer({ maxSize });
    case "class-balanced":
      return new ClassBalancedBuffer({ maxSize });
    case "reservoir":
      return new ReservoirSamplingBuffer({ maxSize });
    case "herding":
      return new ParametricBuffer({ maxSize, groupBy: "class", selectionStrategy: new HerdingSelectionStrategy() });
    case "closest-to-center": {
      const selectionStrategy = new ClosestToCenterSelectionStrategy();
      return new ParametricBuffer({ maxSize, groupBy: "class", selectionStrategy });
    }
  }
}
