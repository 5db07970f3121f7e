import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { assertLength } from "./assign_classes.ts";
import { DEFAULT_EXPERIENCES, shareEvenly } from "./class_counts.ts";
import type { NewInstancesOptions } from "./new_instances_options.ts";

/** What is dealt. */
interface DealtSamples {
  readonly train: Dataset;
  readonly classNames: readonly string[];
}

/**
 * The places of each experience's samples in the train data.
 * @throws {RangeRefusal} If there are too few samples, one is assigned twice, or options contradict each other.
 */
export function assignSamples(options: NewInstancesOptions, dealt: DealtSamples): ArrayLike<number>[] {
  const { train } = dealt;
  const { name, balanced = false, shuffle = true, seed = 0, fixedExperienceAssignment: fixed } = options;
  const { experiences = DEFAULT_EXPERIENCES, minClassPatternsInExperience: least = 0 } = options;
  if (fixed) return readAssignment(options, fixed, train.length);
  if (experiences > train.length) {
    throw new RangeRefusal(`${name}: experiences must be at most ${train.length}, a sample each, got ${experiences}`);
  }
  const random = shuffle ? new RandomStream(seed, "instances") : undefined;
  if (least > 0) assertEnoughOfEach(name, dealt, { experiences, least });
  if (balanced) {
    const order = listClasses(train, random).flat();
    return Array.from({ length: experiences }, (_, index) => order.filter((_position, i) => i % experiences === index));
  }
  if (least > 0) return dealAtLeast(listClasses(train, random), { experiences, least, random });
  return dealInOrder(createOrder(train.length, random), experiences);
}

function readAssignment(
  options: NewInstancesOptions,
  given: readonly (readonly number[])[],
  samples: number,
): ArrayLike<number>[] {
  const { name, experiences, balanced = false, minClassPatternsInExperience: least = 0 } = options;
  const other = balanced ? "balanced" : least > 0 ? "minClassPatternsInExperience" : undefined;
  if (other) throw new RangeRefusal(`${name}: fixedExperienceAssignment says it all, and excludes ${other}`);
  assertLength(name, given, experiences);
  const seen = new Set<number>();
  for (const place of given.flat()) {
    if (place >= samples) {
      throw new RangeRefusal(`${name}: fixedExperienceAssignment must name samples below ${samples}, got ${place}`);
    }
    if (seen.has(place)) {
      throw new RangeRefusal(`${name}: fixedExperienceAssignment must have no sample twice, got ${place} twice`);
    }
    seen.add(place);
  }
  return [...given];
}

function assertEnoughOfEach(
  name: string,
  { train, classNames }: DealtSamples,
  { experiences, least }: { readonly experiences: number; readonly least: number },
): void {
  for (const [id, { length }] of groupPositions(train.targets)) {
    if (length >= experiences * least) continue;
    const most = Math.floor(length / experiences);
    const why = `the class ${describeValue(classNames[id] ?? String(id))} has ${length} samples for ${experiences}`;
    throw new RangeRefusal(
      `${name}: minClassPatternsInExperience must be at most ${most}, as ${why} experiences, got ${least}`,
    );
  }
}

/** `least` of each class to every experience, and of what is left equal shares whatever the class. */
function dealAtLeast(
  classes: readonly (readonly number[])[],
  { experiences, least, random }: { experiences: number; least: number; random: RandomStream | undefined },
): number[][] {
  const rest = Int32Array.from(classes.flatMap((positions) => positions.slice(experiences * least))).sort();
  const shares = dealInOrder(random ? random.shuffle(rest) : rest, experiences);
  return shares.map((share, index) => [
    ...classes.flatMap((positions) => positions.slice(index * least, (index + 1) * least)),
    ...share,
  ]);
}

function dealInOrder(order: Int32Array, experiences: number): Int32Array[] {
  let start = 0;
  return shareEvenly(order.length, experiences).map((count) => {
    start += count;
    return order.subarray(start - count, start);
  });
}

/** The places of each class. One after another, every n-th of them holds each class's share to one sample. */
function listClasses({ targets }: Dataset, random: RandomStream | undefined): number[][] {
  return [...groupPositions(targets).values()].map((positions) => [
    ...(random ? random.shuffle(positions) : positions),
  ]);
}

function createOrder(length: number, random: RandomStream | undefined): Int32Array {
  return random ? random.permutation(length) : Int32Array.from({ length }, (_, position) => position);
}
