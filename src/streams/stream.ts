import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import type { Dataset } from "../data/dataset.ts";
import { type ClassView, createClassTimeline } from "./class_timeline.ts";
import type { Experience, LabelNames, Stream } from "./experience.ts";

/** A stream whose experiences are all of one kind. */
export interface StreamOf<Kind extends Experience> extends Stream {
  at(index: number): Kind;
  slice(start?: number, end?: number): StreamOf<Kind>;
  [Symbol.iterator](): Iterator<Kind>;
}

/** What an experience is made of. */
export interface ExperienceData {
  readonly dataset: Dataset;
  /** The classes it stands for. Default: those of its samples. */
  readonly classes?: readonly number[];
  /** The number of the experience that it is a piece of; left out where it is whole. */
  readonly cutFrom?: number;
  /** What it is called; left out where its number is all there is. */
  readonly name?: string;
  /** True where it keeps a place in the test stream and has no samples: it is left out of evaluations. */
  readonly isUntested?: boolean;
}

/**
 * A stream of experiences over these data sets, in order. They are made once: `at(i)` gives the same object every time.
 * @param labelNames What class ids and task labels stand for. Default: for themselves.
 * @throws {RangeError} If an experience has no samples and is not `isUntested`; the message names it.
 */
export function createStream(name: string, parts: readonly ExperienceData[], labelNames?: LabelNames): Stream {
  for (const [index, { dataset, classes, isUntested = false }] of parts.entries()) {
    if (dataset.length > 0 || isUntested) continue;
    const ofClasses = classes ? ` (classes ${classes.map((id) => labelNames?.classNames[id] ?? id).join(", ")})` : "";
    const wanted = `at least one sample in experience ${index}${ofClasses}`;
    throw new RangeRefusal(needs(`stream ${JSON.stringify(name)}`, wanted, 0));
  }
  const timeline = createClassTimeline(parts.map(({ dataset, classes }) => classes ?? [...new Set(dataset.targets)]));
  const experiences: Experience[] = [];
  const stream = createLazyStream({ name, length: parts.length, labelNames }, (index) => {
    const experience = experiences[index];
    if (!experience) throw new RangeRefusal(needs("the stream", `an experience below ${parts.length}`, index));
    return experience;
  });
  for (const [index, { dataset, cutFrom, name }] of parts.entries()) {
    const view = timeline[index];
    const own = { dataset, currentExperience: index, ...omitUndefined({ cutFrom, name }) };
    if (view) experiences.push(createExperience({ ...own, originStream: stream }, view));
  }
  return stream;
}

/** The names of a stream's experiences; undefined unless all have one. */
export function listNames(stream: Stream): readonly string[] | undefined {
  const names = [...stream].flatMap(({ name }) => name ?? []);
  return names.length > 0 && names.length === stream.length ? names : undefined;
}

/** A stream that makes an experience when it is asked for, and keeps none. `make` is given the whole stream, too. */
export function createLazyStream<Kind extends Experience>(
  { name, length, labelNames }: Pick<Stream, "name" | "length" | "labelNames">,
  make: (index: number, originStream: Stream) => Kind,
): StreamOf<Kind> {
  const createSlice = (first: number, count: number): StreamOf<Kind> => {
    const stream: StreamOf<Kind> = {
      name,
      length: count,
      labelNames,
      at(index) {
        if (Number.isInteger(index) && index >= 0 && index < count) return make(first + index, whole ?? stream);
        const wanted = `an experience from 0 to ${count - 1}`;
        throw new RangeRefusal(needs(`${JSON.stringify(name)}`, wanted, index));
      },
      slice(start, end) {
        const chosen = Array.from({ length: count }, (_, index) => index).slice(start, end);
        return createSlice(first + (chosen[0] ?? 0), chosen.length);
      },
      *[Symbol.iterator]() {
        for (let index = 0; index < count; index++) yield stream.at(index);
      },
    };
    return stream;
  };
  let whole: Stream | undefined;
  const stream = createSlice(0, length);
  whole = stream;
  return stream;
}

/** Puts an experience together; its task labels are those of its samples. */
export function createExperience(
  parts: Pick<Experience, "dataset" | "currentExperience" | "name" | "cutFrom" | "joinedFrom" | "originStream">,
  classes: ClassView,
): Experience {
  return {
    ...parts,
    ...classes,
    get taskLabels() {
      return parts.dataset.taskLabels;
    },
    get taskLabel() {
      return readOnlyTaskLabel(parts.dataset.taskLabels, parts);
    },
  };
}

/** @throws {RangeError} If there is not exactly one task label. */
export function readOnlyTaskLabel(
  taskLabels: readonly number[],
  { currentExperience, originStream }: Pick<Experience, "currentExperience" | "originStream">,
): number {
  const [label, ...others] = taskLabels;
  if (label !== undefined && others.length === 0) return label;
  const act = `the task label of experience ${currentExperience} of the stream ${JSON.stringify(originStream.name)}`;
  throw new RangeRefusal(needs(act, "exactly one task label (see taskLabels)", taskLabels));
}
