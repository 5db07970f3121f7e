import { isDeepStrictEqual } from "node:util";
import type * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { describeTargetForm, type TargetKind } from "../../../data/float_targets.ts";
import { listGrowingHeads } from "../../../models/growth/growing_head.ts";
import { takeTopology } from "../../../models/take_topology.ts";
import type { NamedChoice } from "../../../runs/run_config.ts";
import { readTargetForm } from "../../../streams/benchmark_targets.ts";
import type { Benchmark } from "../../../streams/experience.ts";
import { DEFAULT_CRITERION, nameCriterion } from "../../../training/losses/criteria.ts";
import type { Criterion } from "../../../training/losses/criterion.ts";
import { createNamed, resolveNamed } from "../../options/named_factory.ts";
import { formatNamed } from "../../options/parse_named.ts";
import { CRITERIA } from "../../registries/criteria.ts";

/** What is minimised where nothing says it. */
const DEFAULTS: Readonly<Record<TargetKind, string>> = { classes: "cross-entropy", values: "mse", labels: "bce" };

/** What a run minimises. */
export interface ChosenCriterion {
  /** For config.json; undefined for plain cross-entropy, which strategies take by themselves. */
  readonly choice: NamedChoice | undefined;
  /** Undefined likewise. */
  readonly criterion: Criterion | undefined;
}

/**
 * Makes the criterion that was chosen, or the one that fits the benchmark's targets: cross-entropy for class ids, mse
 * for values, bce for labels.
 * @throws {RangeRefusal} If it does not take such targets.
 */
export function chooseCriterion(chosen: NamedChoice | undefined, benchmark: Benchmark): ChosenCriterion {
  const form = readTargetForm(benchmark);
  const wanted = chosen ?? resolveNamed(CRITERIA, DEFAULTS[form.kind]);
  const criterion = createNamed(CRITERIA, wanted, undefined);
  const { targets = ["classes"] } = criterion;
  if (!targets.includes(form.kind)) {
    const subject = `--criterion ${formatNamed(wanted)} is not for targets that are ${describeTargetForm(form)}`;
    throw new RangeRefusal(`${subject}: take ${listFitting(form.kind).join(" or ")}`);
  }
  const choice = nameCriterion(criterion);
  return isDeepStrictEqual(choice, DEFAULT_CRITERION)
    ? { choice: undefined, criterion: undefined }
    : { choice, criterion };
}

/** @throws {RangeRefusal} If the criterion's options do not fit the outputs that the model has or will have. */
export function assertCriterionFits(
  criterion: Criterion | undefined,
  { model, benchmark }: { readonly model: tf.LayersModel; readonly benchmark: Benchmark },
): void {
  const { kind } = readTargetForm(benchmark);
  const outputs = Number(elementAt(model.outputs, 0).shape.at(-1));
  // A head may grow until there is an output a class.
  const outputSize = kind === "classes" ? Math.max(outputs, benchmark.numClasses) : outputs;
  const hasGrowingHead = listGrowingHeads(takeTopology(model)).length > 0;
  criterion?.assertUsable?.({ targets: kind, outputSize, hasGrowingHead });
}

/** The names of the criteria that take targets of a kind. */
function listFitting(kind: TargetKind): string[] {
  return CRITERIA.factories.flatMap(({ name }) => {
    const { targets = ["classes"] } = createNamed(CRITERIA, resolveNamed(CRITERIA, name), undefined);
    return targets.includes(kind) ? [name] : [];
  });
}
