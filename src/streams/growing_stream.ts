import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { listOf, text } from "../core/options/value_rules.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Experience, Stream } from "./experience.ts";
import { createExperience, createLazyStream } from "./stream.ts";

/** What a stream is called, and what class ids stand for. */
export interface GrowingStreamOptions {
  /** Default: "train". */
  readonly name?: string | undefined;
  /** The label of each class id of the data sets. Default: the ids themselves. */
  readonly classNames?: readonly string[] | undefined;
}

const GROWING_STREAM_RULES: OptionRules<GrowingStreamOptions> = { name: text(1), classNames: listOf(text()) };

const APPEND_RULES: OptionRules<{ readonly name?: string | undefined }> = { name: text(1) };

/** A stream whose experiences come one after another: how many there will be need not be known. */
export interface GrowingStream extends Stream {
  /**
   * Makes the next experience of a data set, whose targets are class ids. It is kept, its samples with it, until
   * `dropPrevious`. `futureClasses` is empty: nobody knows what comes.
   * @throws {RangeError} If there is no sample.
   */
  append(dataset: Dataset, options?: { readonly name?: string | undefined }): Experience;
  /**
   * Lets go of the experiences before the one with this number, and of samples that nobody else holds: a memory does.
   * Later ones keep their numbers.
   * @throws {RangeError} If the stream has not come so far.
   */
  dropPrevious(experience: number): void;
}

/**
 * A stream that grows as data comes: from a generator, a loader of files, a service.
 * @throws {TypeError} If an option is of another kind.
 * @example
 * const stream = createGrowingStream();
 * function* months() {
 *   for (const month of ["may", "june"]) yield stream.append(readMonth(month), { name: month });
 * }
 * await strategy.train(months()); // june is read when may was trained
 */
export function createGrowingStream(options: GrowingStreamOptions = {}): GrowingStream {
  assertOptions("createGrowingStream", options, GROWING_STREAM_RULES);
  const { name = "train", classNames } = options;
  const kept = new Map<number, Experience>();
  const seen = new Set<number>();
  let length = 0;
  const labelNames = classNames && { classNames, taskNames: undefined };
  const at = (index: number): Experience => {
    const experience = kept.get(index);
    if (experience) return experience;
    const [first = length] = kept.keys();
    throw new RangeRefusal(needs(JSON.stringify(name), `an experience from ${first} to ${length - 1}`, index));
  };
  const stream: GrowingStream = {
    name,
    get length() {
      return length;
    },
    labelNames,
    at,
    slice: (start, end) => createLazyStream({ name, length, labelNames }, at).slice(start, end),
    *[Symbol.iterator]() {
      for (let index = length - kept.size; index < length; index++) yield at(index);
    },
    append(dataset, given = {}) {
      assertOptions("append()", given, APPEND_RULES);
      const act = `experience ${length} of the stream ${JSON.stringify(name)}`;
      if (dataset.length === 0) throw new RangeRefusal(needs(act, "at least one sample", 0));
      const classesInThisExperience = sortNumbers(new Set(dataset.targets));
      const previousClasses = sortNumbers(seen);
      for (const id of classesInThisExperience) seen.add(id);
      const experience = createExperience(
        { dataset, currentExperience: length, originStream: stream, ...omitUndefined({ name: given.name }) },
        { classesInThisExperience, previousClasses, classesSeenSoFar: sortNumbers(seen), futureClasses: [] },
      );
      kept.set(length, experience);
      length += 1;
      return experience;
    },
    dropPrevious(experience) {
      if (!Number.isInteger(experience) || experience < 0 || experience > length) {
        throw new RangeRefusal(needs("dropPrevious()", `a number from 0 to ${length}`, experience));
      }
      for (const index of kept.keys()) if (index < experience) kept.delete(index);
    },
  };
  return stream;
}

function sortNumbers(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
