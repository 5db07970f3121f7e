import { elementAt } from "../core/element_at.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { number, required, wholeNumber } from "../core/options/value_rules.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { RANDOM_STREAM_RULE } from "../core/random_stream.ts";
import { Dataset } from "../data/dataset.ts";
import type { Stream } from "./experience.ts";
import { cutOnlineStream, type OnlineExperience, type OnlinePart, type OnlineView } from "./online_experience.ts";
import type { StreamOf } from "./stream.ts";

/** How experiences are mixed. */
export interface LinearDecayOptions {
  readonly experienceSize: number;
  /** The passage from an experience to the next takes 2/beta of an experience's length; at least 1. */
  readonly beta: number;
  readonly random: RandomStream;
}

const LINEAR_DECAY_RULES: OptionRules<LinearDecayOptions> = {
  experienceSize: required(wholeNumber(1)),
  beta: required(number({ atLeast: 1 })),
  random: required(RANDOM_STREAM_RULE),
};

/**
 * Cuts a stream into small experiences of `experienceSize` samples that pass from each experience to the next by
 * degrees: around a boundary the odds of the old one's samples fall linearly to 0 while those of the new one's rise. A
 * small experience holds samples, classes and task labels of its own mixture; its origin is the experience in whose
 * place in the stream it stands.
 *
 * Every sample comes exactly once. The odds are the paper's and Avalanche's, but there the stream's length is a number
 * of its own, `iters_per_virtual_epoch` small experiences for each experience: whose sample comes next is drawn by the
 * odds, and each experience gives its samples in random order, again and again. Where that length is the number of
 * samples, each comes about once there, too, but some twice and some never.
 * @throws {RangeError} If the size is not a whole number of at least 1 or beta is below 1.
 * @see Zeno et al. 2018, Task agnostic continual learning using online variational Bayes, arXiv:1803.10123
 */
export function createLinearDecayStream(origin: Stream, options: LinearDecayOptions): StreamOf<OnlineExperience> {
  assertOptions("createLinearDecayStream", options, LINEAR_DECAY_RULES);
  const { experienceSize, beta, random } = options;
  const experiences = [...origin];
  const dataset = Dataset.concat(experiences.map((experience) => experience.dataset));
  const order = drawOrder(
    experiences.map((experience) => experience.dataset.length),
    beta,
    random,
  );
  const parts: OnlinePart[] = [];
  let start = 0;
  for (const experience of experiences) {
    const end = start + experience.dataset.length;
    parts.push({ experience, dataset, order: order.subarray(start, end) });
    start = end;
  }
  const firstSeen = findFirstPieces(parts, experienceSize);
  const describe = ({ index, samples }: { index: number; samples: Dataset }): OnlineView => ({
    classesInThisExperience: [...new Set(samples.targets)].sort((a, b) => a - b),
    previousClasses: firstSeen.filter(({ piece }) => piece < index).map(({ id }) => id),
    classesSeenSoFar: firstSeen.filter(({ piece }) => piece <= index).map(({ id }) => id),
    futureClasses: firstSeen.filter(({ piece }) => piece > index).map(({ id }) => id),
    taskLabels: samples.taskLabels,
  });
  return cutOnlineStream(origin, parts, { experienceSize, describe });
}

/**
 * Draws a time for each sample and sorts by it. Experience k covers [k, k + 1]; noise spread evenly over ±1/beta turns
 * its edges into slopes, and what would lie before the stream or behind it is reflected back, which keeps the ends
 * level.
 */
function drawOrder(lengths: readonly number[], beta: number, random: RandomStream): Int32Array {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const times = new Float64Array(total);
  let position = 0;
  for (const [index, length] of lengths.entries()) {
    for (let i = 0; i < length; i++, position++) {
      const time = Math.abs(index + random.uniform() + (2 * random.uniform() - 1) / beta);
      times[position] = time > lengths.length ? 2 * lengths.length - time : time;
    }
  }
  return Int32Array.from({ length: total }, (_, i) => i).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
}

/** For every class, ascending, the first small experience that holds a sample of it. */
function findFirstPieces(parts: readonly OnlinePart[], experienceSize: number): { id: number; piece: number }[] {
  const first = new Map<number, number>();
  let start = 0;
  for (const { dataset, order } of parts) {
    const { targets } = dataset;
    for (let i = 0; i < order.length; i++) {
      const id = elementAt(targets, elementAt(order, i));
      if (!first.has(id)) first.set(id, start + Math.floor(i / experienceSize));
    }
    start += Math.ceil(order.length / experienceSize);
  }
  return [...first].map(([id, piece]) => ({ id, piece })).sort((a, b) => a.id - b.id);
}
