import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { number, objectLike, required } from "../../core/options/value_rules.ts";
import type { VariationalAutoencoder } from "../../models/mlp_vae.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { STRATEGY_RULES, type StrategyOptions } from "../../training/loop/strategy_options.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { evaluateVAELoss } from "./vae_loss.ts";

/** What is trained, and how its loss is weighed. */
export interface VAETrainingOptions extends Omit<StrategyOptions, "model" | "criterion"> {
  /** Its model is trained in place. */
  readonly generator: VariationalAutoencoder;
  /** β, weight of the latents' divergence from N(0, 1). Default: 1. */
  readonly beta?: number;
}

const { model: _model, criterion: _criterion, ...OTHER_RULES } = STRATEGY_RULES;

const VAE_TRAINING_RULES: OptionRules<VAETrainingOptions> = {
  generator: required(objectLike("a generator as mlpVAE makes it", "model", "createDecoder", "latentSize")),
  beta: number({ atLeast: 0 }),
  ...OTHER_RULES,
};

/**
 * Trains a variational autoencoder on one experience after another: reconstructions against the samples themselves, and
 * latents against N(0, 1); class ids are not looked at. `mbOutput` holds reconstructions, means and log variances side
 * by side. In evaluation the loss is that of the latents' means, without noise, and metrics that compare with class ids
 * mean nothing. With a `GenerativeReplayPlugin` among its plugins it replays what it could generate when the experience
 * began.
 * @see Kingma and Welling 2014, Auto-Encoding Variational Bayes, arXiv:1312.6114
 */
export class VAETraining extends BaseStrategy {
  readonly generator: VariationalAutoencoder;
  readonly #beta: number;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: VAETrainingOptions) {
    assertOptions("VAETraining", options, VAE_TRAINING_RULES);
    const { generator, beta = 1, ...rest } = options;
    super({ ...rest, model: generator.model });
    this.generator = generator;
    this.#beta = beta;
  }

  /** Its loss is not one of outputs and class ids. */
  override get excludes(): readonly Trait[] {
    return ["replacesCriterion"];
  }

  override criterion(): LossAndGradient {
    const { latentSize } = this.generator;
    return evaluateVAELoss(this.mbOutput, this.mbX, { latentSize, beta: this.#beta });
  }
}
