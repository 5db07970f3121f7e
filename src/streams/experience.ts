import { objectLike } from "../core/options/value_rules.ts";
import type { Dataset } from "../data/dataset.ts";

/** One step of a stream: the data that arrives together. Read-only; its dataset is a view by index. */
export interface Experience {
  readonly dataset: Dataset;
  /** Its place in the stream it was made for, from 0; kept when the stream is sliced. */
  readonly currentExperience: number;
  /** What it is called where it has a name of its own, a folder's say: a month, a site. */
  readonly name?: string;
  /**
   * The number of the experience that it is a piece of, where `experienceSize` cut it; absent where it is whole. See
   * `findOriginNumber` for pieces of every kind.
   */
  readonly cutFrom?: number;
  /** The experiences that are trained together as this one (`joinExperiences`); absent where it is one alone. */
  readonly joinedFrom?: readonly Experience[];
  /** The whole stream that it belongs to. */
  readonly originStream: Stream;
  readonly classesInThisExperience: readonly number[];
  /** Classes of the experiences before this one. */
  readonly previousClasses: readonly number[];
  /** `previousClasses` and `classesInThisExperience` together. */
  readonly classesSeenSoFar: readonly number[];
  /** Classes that only later experiences bring. */
  readonly futureClasses: readonly number[];
  /** The distinct task labels of its samples; [0] where tasks are not told apart. */
  readonly taskLabels: readonly number[];
  /** @throws {RangeError} If there is not exactly one task label. */
  readonly taskLabel: number;
}

/** What the numbers in experiences stand for. */
export interface LabelNames {
  /** The label of each class id. */
  readonly classNames: readonly string[];
  /**
   * The label of each class as the data has them, in the order in which they are numbered; undefined where class ids
   * are these numbers, and `classNames` says it.
   */
  readonly dataClassNames?: readonly string[] | undefined;
  /**
   * The label of each class id in each experience, where class ids start from 0 in each; `classNames` has those of all
   * experiences then, "0/2/4".
   */
  readonly experienceClassNames?: readonly (readonly string[])[] | undefined;
  /** What each task label was before labels became places; undefined where they are as they came. */
  readonly taskNames: readonly string[] | undefined;
}

/** A named, ordered sequence of experiences. */
export interface Stream extends Iterable<Experience> {
  /** "train", "test", "valid" … */
  readonly name: string;
  readonly length: number;
  /** What class ids and task labels stand for; undefined: for themselves. */
  readonly labelNames?: LabelNames | undefined;
  /** @throws {RangeError} If there is no such experience. */
  at(index: number): Experience;
  /** A shorter stream of the same name; its experiences keep their numbers. */
  slice(start?: number, end?: number): Stream;
}

/** Streams that belong together, with what a model needs to know of the data. */
export interface Benchmark extends LabelNames {
  readonly name: string;
  readonly trainStream: Stream;
  readonly testStream: Stream;
  /** All streams by name, `trainStream` and `testStream` included. */
  readonly streams: ReadonlyMap<string, Stream>;
  /** Class ids are 0 … numClasses − 1. */
  readonly numClasses: number;
  /** [features] or [height, width, channels]. */
  readonly sampleShape: readonly number[];
  /** The columns of a table, in the order of a sample's values; undefined where they have no names. */
  readonly featureNames?: readonly string[] | undefined;
  /** True where samples have different task labels, or every experience was given one of its own. */
  readonly isTaskIncremental: boolean;
  /** How raw values become model inputs, for the exported model's metadata; empty when they are used as they are. */
  readonly normalization: { readonly scale: number; readonly mean: readonly number[]; readonly std: readonly number[] };
}

/** The rule of an option that is a benchmark. */
export const BENCHMARK_RULE = objectLike("a benchmark such as splitMNIST() gives", "trainStream", "testStream");
