import { elementAt } from "../core/element_at.ts";
import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { flag, required, wholeNumber } from "../core/options/value_rules.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { RANDOM_STREAM_RULE } from "../core/random_stream.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ClassView } from "./class_timeline.ts";
import type { Experience, Stream } from "./experience.ts";
import { createLazyStream, readOnlyTaskLabel, type StreamOf } from "./stream.ts";

/**
 * A few samples cut from a larger experience. Its number counts the small experiences of its own stream; its class and
 * task attributes are those of the experience it was cut from, so that a growing head grows once an origin.
 */
export interface OnlineExperience extends Experience {
  readonly originExperience: Experience;
  /** The first that was cut from its origin. */
  readonly isFirstSubexp: boolean;
  /** The last that was cut from its origin. */
  readonly isLastSubexp: boolean;
  /** How many were cut from its origin. */
  readonly subStreamLength: number;
  /** True where it may hold samples of its origin's neighbours, those that come later among them. */
  readonly isMixed: boolean;
}

/** Tells an experience of an online stream from another. */
export function isOnlineExperience(experience: Experience): experience is OnlineExperience {
  return "originExperience" in experience;
}

/**
 * True for an experience that is whole, and for the last piece of one: when what is done once an experience is due.
 */
export function endsExperience(experience: Experience): boolean {
  return !isOnlineExperience(experience) || experience.isLastSubexp;
}

/** How an online stream is cut. */
export interface OnlineStreamOptions {
  readonly experienceSize: number;
  readonly random: RandomStream;
  /** False keeps the order of each data set. Default: true. */
  readonly shuffle?: boolean | undefined;
  /**
   * Leaves out what is left of an experience at its end, where that is fewer than `experienceSize`. Default: false.
   */
  readonly dropLast?: boolean | undefined;
}

const ONLINE_STREAM_OPTIONS: OptionRules<OnlineStreamOptions> = {
  experienceSize: required(wholeNumber(1)),
  random: required(RANDOM_STREAM_RULE),
  shuffle: flag(),
  dropLast: flag(),
};

/**
 * Cuts every experience into small ones of `experienceSize` samples in shuffled order; an origin's last may be shorter,
 * no sample is left out. The order is drawn from `random` here, an experience is made when it is asked for.
 * @throws {RangeError} If the size is not a whole number of at least 1, or an experience would have no sample left.
 */
export function createOnlineStream(origin: Stream, options: OnlineStreamOptions): StreamOf<OnlineExperience> {
  assertOptions("createOnlineStream", options, ONLINE_STREAM_OPTIONS);
  const { experienceSize, random, shuffle = true, dropLast = false } = options;
  const parts = [...origin].map((experience) => {
    const { length } = experience.dataset;
    if (dropLast && length < experienceSize) {
      const wanted = `at least ${experienceSize} samples in experience ${experience.currentExperience}, with dropLast`;
      throw new RangeRefusal(needs("the online stream", wanted, length));
    }
    const order = shuffle ? random.permutation(length) : Int32Array.from({ length }, (_, position) => position);
    const end = dropLast ? length - (length % experienceSize) : length;
    return { experience, dataset: experience.dataset, order: order.subarray(0, end) };
  });
  return cutOnlineStream(origin, parts, { experienceSize, describe: ({ experience }) => experience });
}

/** Samples that are cut together, and the experience of the origin that they stand for. */
export interface OnlinePart {
  readonly experience: Experience;
  readonly dataset: Dataset;
  /** Positions in `dataset`, in the order in which they come. */
  readonly order: Int32Array;
}

/** The attributes that a small experience takes from elsewhere. */
export type OnlineView = ClassView & Pick<Experience, "taskLabels">;

/** What a small experience is made of. */
export interface OnlinePiece extends OnlinePart {
  readonly index: number;
  /** The samples of the small experience alone. */
  readonly samples: Dataset;
}

/** Cuts parts of a stream, one after another, into small experiences that are made when they are asked for. */
export function cutOnlineStream(
  origin: Stream,
  parts: readonly OnlinePart[],
  { experienceSize, describe }: { experienceSize: number; describe: (piece: OnlinePiece) => OnlineView },
): StreamOf<OnlineExperience> {
  // Where each part's small experiences start in the online stream.
  const starts: number[] = [];
  let length = 0;
  for (const { order } of parts) {
    starts.push(length);
    length += Math.ceil(order.length / experienceSize);
  }
  const named = { name: `${origin.name}_online`, length, labelNames: origin.labelNames };
  return createLazyStream(named, (index, originStream) => {
    const partIndex = findLastStart(starts, index);
    const part = parts[partIndex];
    if (!part) throw new RangeError(`no origin of the online experience ${index}`);
    const { experience, dataset, order } = part;
    const place = index - elementAt(starts, partIndex);
    const subStreamLength = Math.ceil(order.length / experienceSize);
    const samples = dataset.subset(order.subarray(place * experienceSize, (place + 1) * experienceSize));
    const view = describe({ ...part, index, samples });
    return {
      dataset: samples,
      currentExperience: index,
      originStream,
      ...omitUndefined({ name: experience.name }),
      originExperience: experience,
      isFirstSubexp: place === 0,
      isLastSubexp: place === subStreamLength - 1,
      subStreamLength,
      isMixed: dataset !== experience.dataset,
      classesInThisExperience: view.classesInThisExperience,
      previousClasses: view.previousClasses,
      classesSeenSoFar: view.classesSeenSoFar,
      futureClasses: view.futureClasses,
      taskLabels: view.taskLabels,
      get taskLabel() {
        return readOnlyTaskLabel(view.taskLabels, { currentExperience: index, originStream });
      },
    };
  });
}

/** The last place in ascending `starts` whose value is not above `index`, by bisection. */
function findLastStart(starts: readonly number[], index: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (elementAt(starts, middle) <= index) low = middle;
    else high = middle;
  }
  return low;
}
