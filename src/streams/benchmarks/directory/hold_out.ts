import { elementAt } from "../../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import { RandomStream } from "../../../core/random_stream.ts";
import type { Dataset } from "../../../data/dataset.ts";
import { groupPositions } from "../../../data/group_positions.ts";
import { splitValidation } from "../../split_experience.ts";

/** What must be left on both sides: samples of every data set, or of every class, or any at all. */
export type HoldOutNeeds =
  | { readonly kind: "datasets" }
  | { readonly kind: "classes"; readonly names: readonly string[] }
  | { readonly kind: "samples" };

/** How much is held out for testing. */
export interface HoldOutOptions {
  /** The share of each class of each data set, above 0 and below 1; rounded to whole samples. */
  readonly testSize: number;
  readonly seed: number;
  /** What each data set is called. */
  readonly names: readonly string[];
  /** What messages begin with: the folder. */
  readonly subject: string;
  readonly needs: HoldOutNeeds;
}

/**
 * Holds a share of each class of every data set out for testing. Each is drawn from a random stream of its own,
 * "test-split/NAME": what is held out does not depend on what other data sets there are.
 * @throws {RangeRefusal} If the share is out of range, or leaves nothing for training or for testing.
 */
export function holdOutTest(
  datasets: readonly Dataset[],
  { testSize, seed, names, subject, needs }: HoldOutOptions,
): { train: Dataset[]; test: Dataset[] } {
  if (!(testSize > 0 && testSize < 1)) {
    throw new RangeRefusal(
      `${subject}: testSize must be above 0 and below 1${testSize === 0 ? " in training" : ""}, got ${testSize}`,
    );
  }
  const halves = datasets.map((dataset, i) => {
    const random = new RandomStream(seed, `test-split/${elementAt(names, i)}`);
    return splitValidation(dataset, { validationSize: testSize, random });
  });
  const [train, test] = [halves.map((half) => half.train), halves.map((half) => half.valid)];
  for (const { name, most, places } of listGroups(datasets, { needs, names })) {
    const isLeft = (half: readonly Dataset[]) => half.some((dataset, i) => places(dataset, i));
    if (isLeft(train) && isLeft(test)) continue;
    const use = isLeft(train) ? "testing" : "training";
    const act = `${subject}: testSize ${testSize} leaves no sample of ${name} for ${use}`;
    throw new RangeRefusal(`${act}; ${describeCure(most, use)}, or add a folder "test"`);
  }
  return { train, test };
}

/** Samples of which some must be on either side. */
interface SampleGroup {
  /** For messages. */
  readonly name: string;
  /** The most samples that one class has in one data set: of what the share is taken. */
  readonly most: number;
  /** Whether a half of the data set at index `i` has one of them. */
  readonly places: (half: Dataset, i: number) => boolean;
}

function listGroups(
  datasets: readonly Dataset[],
  { needs, names }: Pick<HoldOutOptions, "needs" | "names">,
): SampleGroup[] {
  const counts = datasets.map(({ targets }) => groupPositions(targets));
  const countMost = (lists: readonly (Int32Array | undefined)[]) =>
    lists.reduce((most, list) => Math.max(most, list?.length ?? 0), 0);
  switch (needs.kind) {
    case "datasets":
      return datasets.map((_, index) => ({
        name: describeValue(elementAt(names, index)),
        most: countMost([...elementAt(counts, index).values()]),
        places: (half, i) => i === index && half.length > 0,
      }));
    case "classes":
      return needs.names.map((name, id) => ({
        name: `the class ${describeValue(name)}`,
        most: countMost(counts.map((positions) => positions.get(id))),
        places: (half) => half.targets.includes(id),
      }));
    case "samples": {
      const most = countMost(counts.flatMap((positions) => [...positions.values()]));
      return [{ name: "any class", most, places: (half) => half.length > 0 }];
    }
  }
}

/** What testSize must be for a class of so many samples to come apart. */
function describeCure(samples: number, use: "training" | "testing"): string {
  if (samples < 2) return "two samples of a class are needed";
  // A share is rounded: from one half of a sample on it is one.
  const bound = 0.5 / samples;
  const isOf = `of ${samples} samples`;
  if (use === "testing") return `set testSize to at least ${Math.ceil(bound * 1000) / 1000} ${isOf}`;
  return `set testSize below ${Math.floor((1 - bound) * 1000) / 1000} ${isOf}`;
}
