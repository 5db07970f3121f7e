import { type OptionSchema, type OptionsOf, optional, withDefault } from "../core/options/option_schema.ts";
import { flag, number, oneOf, wholeNumber } from "../core/options/value_rules.ts";
import { VALIDATION_SPLITS } from "./validation_splits.ts";

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
    number({ atLeast: 0, below: 1 }),
    0,
    "share of each train experience that goes to the stream valid",
  ),
  validationSplit: withDefault(oneOf(VALIDATION_SPLITS), "class-balanced", "how that share is drawn"),
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
