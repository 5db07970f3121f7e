/** A strategy of your own for the command line: `--strategy path=examples/my_strategy.ts,lambda=0.1`. */
import type { BaseStrategy, StrategyPlugin } from "firn";
import { number, type OptionsOf, required, resolveOptions, strategyWith, wholeNumber, withDefault } from "firn/options";
import { declareState, optional, vector } from "firn/state";

/** What the strategy takes: types, defaults, refusals, help and the options on the command line come from here. */
export const options = {
  lambda: required(number({ atLeast: 0 }), "how strongly parameters are pulled back"),
  restEpochs: withDefault(wholeNumber(0), 0, "epochs of each experience before the pull begins"),
};

/** Pulls the parameters towards those after the last experience: adds λ(θ − θ*) to the gradient. */
class PullBackPlugin implements StrategyPlugin {
  readonly state = declareState("PullBackPlugin", { anchor: optional(vector()) });
  readonly #options;

  constructor(given: OptionsOf<typeof options>) {
    this.#options = resolveOptions("PullBackPlugin", given, options);
  }

  beforeUpdate({ gradient, parameters, clock }: BaseStrategy): void {
    const { lambda, restEpochs } = this.#options;
    const { anchor } = this.state;
    if (!anchor || clock.trainExpEpochs < restEpochs) return;
    for (const [i, value] of parameters.entries())
      gradient[i] = (gradient[i] ?? 0) + lambda * (value - (anchor[i] ?? 0));
  }

  afterTrainingExp({ parameters }: BaseStrategy): void {
    this.state.anchor = parameters.slice();
  }
}

class PullBack extends strategyWith(PullBackPlugin, options) {}

/** By the names that `--strategy path=…` and `--plugin path=…` look for. */
export { PullBack as strategy, PullBackPlugin as plugin };
