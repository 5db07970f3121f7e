import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { drawMixing } from "../shared/draw_mixing.ts";
import { assertImages, assertMixable, MIXING_EXCLUDES } from "../shared/mixing_rules.ts";
import { type CutMixOptions, cutmix } from "./options.ts";

/**
 * Trains on images that hold a rectangle of another one of their task, and on both targets by the shares of the area.
 * The rectangle has 1 − λ of the area before what lies outside is cut off; λ is drawn for each image from Beta(α, α),
 * where the paper's code draws one a minibatch.
 * @see Yun et al. 2019, CutMix: Regularization Strategy to Train Strong Classifiers, arXiv:1905.04899
 * @example new Naive({ model, optimizer, plugins: [new CutMixPlugin()] })
 */
export class CutMixPlugin implements StrategyPlugin {
  readonly name = "CutMixPlugin";
  readonly traits: readonly Trait[] = ["mixesSamples"];
  readonly excludes = MIXING_EXCLUDES;
  readonly targets = CLASSES_ONLY;
  readonly #options: ResolvedOptions<typeof cutmix.options>;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: CutMixOptions = {}) {
    this.#options = resolveOptions("CutMixPlugin", options, cutmix.options);
  }

  assertUsable(setup: StrategySetup): void {
    assertImages(this.name, assertMixable(this.name, setup));
  }

  beforeForward(strategy: BaseStrategy): void {
    const [shape = []] = [...strategy.mbatch.sources.values()].map(({ sampleShape }) => sampleShape);
    const choice = { kind: "cutmix", ...this.#options, shape } as const;
    strategy.mixMinibatch(drawMixing(strategy.mbTaskId, choice, strategy.randomStreams.get("cutmix")));
  }
}

/** By the names under which a list of methods loads them. */
export { CutMixPlugin as plugin };
