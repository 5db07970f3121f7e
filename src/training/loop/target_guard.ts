import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import {
  CLASSES_ONLY,
  describeTargetForm,
  TARGET_KINDS,
  TARGET_WORDS,
  type TargetForm,
  type TargetKind,
} from "../../data/float_targets.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import type { EvaluationPlugin } from "../../evaluation/evaluation_plugin.ts";
import { hasGrowingHead } from "../../models/growth/has_growing_head.ts";
import type { Experience } from "../../streams/experience.ts";
import type { Criterion } from "../losses/criterion.ts";
import type { CombinationRules } from "./combination_rules.ts";
import { namePlugin, type StrategyPlugin } from "./strategy_plugin.ts";

/** What decides which targets a strategy can be given. */
interface TargetTaker extends CombinationRules {
  readonly options: { readonly criterion: Criterion };
  readonly model: tf.LayersModel;
  readonly plugins: readonly StrategyPlugin[];
  readonly evaluator: EvaluationPlugin;
}

/**
 * Checks the targets of an experience against all that a strategy is made of: itself, plugins, criterion, metrics, and
 * the model's outputs.
 * @throws {RangeRefusal} If one of them takes none of this kind or cannot work with them, or there is not one output
 *   a target.
 */
export function assertTargets(strategy: TargetTaker, experience: Experience): void {
  const form = experience.dataset.targetForm;
  const { options, model, plugins, evaluator } = strategy;
  const { criterion } = options;
  const { targets = CLASSES_ONLY } = criterion;
  const subject = () => `the stream ${JSON.stringify(experience.originStream.name)} has ${describeTargetForm(form)}`;
  for (const member of [strategy, ...plugins]) assertTakes(member, form, subject);
  if (!targets.includes(form.kind)) {
    throw new RangeRefusal(`${subject()} as targets, and ${nameCriterion(criterion)} takes ${listKinds(targets)}`);
  }
  evaluator.assertTargets(form, subject);
  const outputs = countOutputs(model);
  const isGrowing = hasGrowingHead(model);
  criterion.assertUsable?.({ targets: form.kind, outputSize: outputs, hasGrowingHead: isGrowing });
  if (form.kind === "classes") return;
  if (isGrowing) {
    throw new RangeRefusal(`${subject()}, one an output, and the model has a head that grows with classes`);
  }
  if (outputs === form.width) return;
  throw new RangeRefusal(`${subject()}, one an output, and the model has ${outputs} outputs`);
}

function assertTakes(member: CombinationRules | StrategyPlugin, { kind }: TargetForm, subject: () => string): void {
  const hasCriterion = "criterion" in member && member.criterion !== undefined && !("options" in member);
  const { targets = hasCriterion ? CLASSES_ONLY : TARGET_KINDS } = member;
  if (targets.includes(kind)) return;
  const name = namePlugin(member);
  throw new RangeRefusal(`${subject()} as targets, and ${name} works with ${listKinds(targets)}`);
}

function listKinds(kinds: readonly TargetKind[]): string {
  return kinds.map((kind) => TARGET_WORDS[kind]).join(" or ");
}

function nameCriterion({ constructor: { name } }: Criterion): string {
  return name === "Object" || name === "" ? "the criterion" : name;
}
