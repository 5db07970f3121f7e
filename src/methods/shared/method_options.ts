/** Options that several methods have. */

import type { Bounds } from "../../core/errors/errors.ts";
import { COMPATIBILITIES } from "../../core/options/compatibility.ts";
import { optional, withDefault } from "../../core/options/option_schema.ts";
import {
  either,
  listOf,
  number,
  objectLike,
  oneOf,
  text,
  type ValueRule,
  wholeNumber,
} from "../../core/options/value_rules.ts";
import type { ExemplarsBuffer } from "../../memory/buffers/exemplars_buffer.ts";
import { STORAGE_POLICIES, type StoragePolicyName } from "../../memory/buffers/storage_policies.ts";

/** One number for all experiences, or a list with one for each; the list's last holds for all that follow. */
export type PerExperience = number | readonly number[];

/** One number within bounds, or a list of at least one. */
export function perExperience(bounds: Bounds): ValueRule<PerExperience> {
  return either(number(bounds), listOf(number(bounds), 1));
}

/** Whose mathematics a method follows; `help` says what Avalanche's changes. */
export function compatibility(help: string) {
  return withDefault(oneOf(COMPATIBILITIES), "paper", help);
}

/** Samples kept in all. */
export function memSize(size = 200, help = "samples kept in all") {
  return withDefault(wholeNumber(1), size, help);
}

/** A buffer, or what is kept by its name. */
export function storagePolicy(): ValueRule<ExemplarsBuffer | StoragePolicyName> {
  return either(oneOf(STORAGE_POLICIES), objectLike<ExemplarsBuffer>("a buffer", "buffer", "maxSize", "update"));
}

/** Remembered samples of a step, as many as new ones unless it is given. */
export const BATCH_SIZE_MEM = optional(
  wholeNumber(1),
  "remembered samples in a step. Default: the training minibatch size",
);

/** New samples of a step beside remembered ones. */
export const BATCH_SIZE = optional(wholeNumber(1), "new samples in a minibatch. Default: the training minibatch size");

/** The layer that gives features. */
export const LAYER_NAME = optional(
  text(1),
  "layer whose output, flattened, is the feature vector. Default: the layer before the last",
);
