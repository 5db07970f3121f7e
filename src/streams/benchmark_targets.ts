import { RangeRefusal } from "../core/errors/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { CLASS_FORM, describeTargetForm, type TargetForm } from "../data/float_targets.ts";
import type { Benchmark } from "./experience.ts";

/** What the targets of a benchmark are: class ids, or numbers with the names of their columns. */
export function readTargetForm({ trainStream }: Pick<Benchmark, "trainStream">): TargetForm {
  return trainStream.length === 0 ? CLASS_FORM : trainStream.at(0).dataset.targetForm;
}

/**
 * How many outputs a model needs for a benchmark: one a class, or one a number to predict.
 * @example const model = mlp({ inputShape: benchmark.sampleShape, numClasses: countTargets(benchmark) });
 */
export function countTargets(benchmark: Pick<Benchmark, "trainStream" | "numClasses">): number {
  const { kind, width } = readTargetForm(benchmark);
  return kind === "classes" ? benchmark.numClasses : width;
}

/** @throws {RangeRefusal} If data sets of one benchmark differ in the kind, number or names of their targets. */
export function assertOneTargetForm(name: string, datasets: readonly Dataset[]): void {
  const sources = datasets.flatMap((dataset) => [...dataset.sources.values()]);
  const [first] = sources;
  if (!first) return;
  const describe = ({ floatTargets = CLASS_FORM }: { readonly floatTargets?: TargetForm | undefined }) =>
    `${describeTargetForm(floatTargets)}${floatTargets.names ? ` (${floatTargets.names.join(", ")})` : ""}`;
  const astray = sources.find((source) => describe(source) !== describe(first));
  if (!astray) return;
  const wanted = `${describe(first)} in ${JSON.stringify(astray.name)} as in ${JSON.stringify(first.name)}`;
  throw new RangeRefusal(`${name}: targets must be ${wanted}, got ${describe(astray)}`);
}
