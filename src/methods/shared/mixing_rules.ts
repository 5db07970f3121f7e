import type * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategySetup } from "../../training/loop/strategy_plugin.ts";

/** What plugins that mix samples bear nothing beside them of. */
export const MIXING_EXCLUDES: readonly Trait[] = ["needsHardLabels", "replacesCriterion", "mixesSamples"];

/**
 * @returns The shape of the samples that the model takes.
 * @throws {RangeRefusal} If the criterion takes no soft targets, or samples are ids.
 */
export function assertMixable(name: string, { model, options }: StrategySetup): readonly (number | null)[] {
  const { criterion } = options;
  if (!criterion.takesSoftTargets) {
    const got = criterion.constructor === Object ? "a function" : criterion.constructor.name;
    throw new RangeRefusal(`${name} requires the criterion CrossEntropyLoss, which takes soft targets, got ${got}`);
  }
  const ids = model.layers.find((layer) => layer.getClassName() === "Embedding");
  if (ids) throw new RangeRefusal(`${name} requires samples that can be mixed, and layer "${ids.name}" takes ids`);
  return findSampleShape(model);
}

/** @throws {RangeRefusal} If samples are no images. */
export function assertImages(name: string, shape: readonly (number | null)[]): void {
  if (shape.length === 3) return;
  throw new RangeRefusal(
    `${name} requires images [height, width, channels], got samples of shape ${describeValue(shape)}`,
  );
}

function findSampleShape({ inputs }: tf.LayersModel): readonly (number | null)[] {
  const widest = inputs.toSorted((a, b) => b.shape.length - a.shape.length);
  return elementAt(widest, 0).shape.slice(1);
}
