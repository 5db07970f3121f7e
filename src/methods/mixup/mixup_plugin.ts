import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { drawMixing } from "../shared/draw_mixing.ts";
import { assertMixable, MIXING_EXCLUDES } from "../shared/mixing_rules.ts";
import { type MixupOptions, mixup } from "./options.ts";

/**
 * Trains on λ x + (1 − λ) x' and λ y + (1 − λ) y': each sample of a minibatch with another of its task. λ is drawn for
 * each sample from Beta(α, α), where the paper's code draws one a minibatch.
 * @see Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization, arXiv:1710.09412
 * @example new Naive({ model, optimizer, plugins: [new MixupPlugin({ alpha: 0.2 })] })
 */
export class MixupPlugin implements StrategyPlugin {
  readonly name = "MixupPlugin";
  readonly traits: readonly Trait[] = ["mixesSamples"];
  readonly excludes = MIXING_EXCLUDES;
  readonly targets = CLASSES_ONLY;
  readonly #options: ResolvedOptions<typeof mixup.options>;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: MixupOptions = {}) {
    this.#options = resolveOptions("MixupPlugin", options, mixup.options);
  }

  assertUsable(setup: StrategySetup): void {
    assertMixable(this.name, setup);
  }

  beforeForward(strategy: BaseStrategy): void {
    const choice = { kind: "mixup", ...this.#options, shape: [] } as const;
    strategy.mixMinibatch(drawMixing(strategy.mbTaskId, choice, strategy.randomStreams.get("mixup")));
  }
}

/** By the names under which a list of methods loads them. */
export { MixupPlugin as plugin };
