import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { describeTargetForm, type TargetKind } from "../../data/float_targets.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import type { Experience } from "../../streams/experience.ts";
import type { Criterion } from "../losses/criterion.ts";

/** What decides which targets a strategy can be given. */
interface TargetTaker {
  readonly options: { readonly criterion: Criterion };
  readonly model: tf.LayersModel;
}

const WORDS: Readonly<Record<TargetKind, string>> = {
  classes: "class ids",
  values: "values (regression)",
  labels: "several labels a sample",
};

/**
 * Checks the targets of an experience against the criterion and the model's outputs.
 * @throws {RangeRefusal} If the criterion takes none of this kind or cannot work with them, or there is not one output
 *   a target.
 */
export function assertTargets({ options: { criterion }, model }: TargetTaker, experience: Experience): void {
  const form = experience.dataset.targetForm;
  const { targets = ["classes"] } = criterion;
  const subject = () => `the stream ${JSON.stringify(experience.originStream.name)} has ${describeTargetForm(form)}`;
  if (!targets.includes(form.kind)) {
    const wanted = targets.map((kind) => WORDS[kind]).join(" or ");
    throw new RangeRefusal(`${subject()} as targets, and ${nameCriterion(criterion)} takes ${wanted}`);
  }
  const outputs = countOutputs(model);
  criterion.assertUsable?.({ targets: form.kind, outputSize: outputs });
  if (form.kind === "classes") return;
  if (outputs === form.width) return;
  throw new RangeRefusal(`${subject()}, one an output, and the model has ${outputs} outputs`);
}

function nameCriterion({ constructor: { name } }: Criterion): string {
  return name === "Object" || name === "" ? "the criterion" : name;
}
