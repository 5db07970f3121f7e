import { type OptionSchema, type OptionsOf, optional, withDefault } from "../core/options/option_schema.ts";
import { flag, number, wholeNumber } from "../core/options/value_rules.ts";
import { VALIDATION_SIZE_RULE, VALIDATION_SPLIT_RULE } from "./validation_splits.ts";

/** What every benchmark can do with its train stream. */
export const STREAM_OPTIONS = {
  seed: withDefault(
    wholeNumber(),
    0,
    'seeds the random streams "data-incremental", "validation", "subset" and "online", and those of the benchmark itself',
  ),
  experienceSize: optional(
    wholeNumber(1),
    "cuts train experiences into ones of at most so many samples, in random order (data-incremental)",
  ),
  validationSize: withDefault(
    VALIDATION_SIZE_RULE,
    0,
    "share of each train experience that goes to the stream valid, or from 1 on how many of its samples",
  ),
  validationSplit: withDefault(
    VALIDATION_SPLIT_RULE,
    "class-balanced",
    "how they are chosen: from every class alike, from all at random, or the last ones",
  ),
  examplesPerExperience: optional(
    wholeNumber(1),
    "keeps so many random samples of each train experience, those for validation included",
  ),
  onlineExperienceSize: optional(
    wholeNumber(1),
    "trains on small experiences of so many samples: the stream train_online",
  ),
  onlineDropLast: withDefault(flag(), false, "drops what an experience has left over for a smaller last one"),
  decayBeta: optional(
    number({ atLeast: 1 }),
    "small experiences pass from one experience to the next over 2/decayBeta of their length",
  ),
} satisfies OptionSchema;

/** What every benchmark can do with its train stream. */
export type StreamOptions = OptionsOf<typeof STREAM_OPTIONS>;
