import { assertWholeNumber } from "../core/errors.ts";
import type { RandomStream } from "../core/random_stream.ts";
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
}

/** Tells an experience of an online stream from another. */
export function isOnlineExperience(experience: Experience): experience is OnlineExperience {
  return "originExperience" in experience;
}

/**
 * Cuts every experience into small ones of `experienceSize` samples in shuffled order; an origin's last may be shorter,
 * no sample is left out. The order is drawn from `random` here, an experience is made when it is asked for.
 * @throws {RangeError} If the size is not a whole number of at least 1.
 */
export function createOnlineStream(
  origin: Stream,
  { experienceSize, random }: { readonly experienceSize: number; readonly random: RandomStream },
): StreamOf<OnlineExperience> {
  assertWholeNumber("create an online stream", "onlineExperienceSize", experienceSize, 1);
  const cuts = [...origin].map((experience) => ({ experience, order: random.permutation(experience.dataset.length) }));
  // Where each origin's small experiences start in the online stream.
  const starts: number[] = [];
  let length = 0;
  for (const { order } of cuts) {
    starts.push(length);
    length += Math.ceil(order.length / experienceSize);
  }
  return createLazyStream(`${origin.name}_online`, length, (index, originStream) => {
    const cutIndex = findLastStart(starts, index);
    const cut = cuts[cutIndex];
    if (!cut) throw new RangeError(`no origin of the online experience ${index}`);
    const { experience, order } = cut;
    const part = index - (starts[cutIndex] ?? 0);
    const subStreamLength = Math.ceil(order.length / experienceSize);
    const positions = order.subarray(part * experienceSize, (part + 1) * experienceSize);
    return {
      dataset: experience.dataset.subset(positions),
      currentExperience: index,
      originStream,
      originExperience: experience,
      isFirstSubexp: part === 0,
      isLastSubexp: part === subStreamLength - 1,
      subStreamLength,
      classesInThisExperience: experience.classesInThisExperience,
      previousClasses: experience.previousClasses,
      classesSeenSoFar: experience.classesSeenSoFar,
      futureClasses: experience.futureClasses,
      taskLabels: experience.taskLabels,
      get taskLabel() {
        return readOnlyTaskLabel(experience.taskLabels, { currentExperience: index, originStream });
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
    if ((starts[middle] ?? 0) <= index) low = middle;
    else high = middle;
  }
  return low;
}
