import { resolveOptions } from "../../core/options/option_schema.ts";
import { count, declareState, flag, optional, part, record, type ValueOf, vector } from "../../core/state/state.ts";
import { flushTiny } from "../../core/vector.ts";
import { endsExperience, isOnlineExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { AnchoredPenalty } from "../shared/importances/anchored_penalty.ts";
import { type LastPenalty, TaskGradient } from "../shared/importances/task_gradient.ts";
import { strategyWith } from "../strategy_with.ts";
import { type RWalkOptions, rwalk } from "./options.ts";

/** The smallest number that makes a difference to 1 in float32. */
const EPSILON = 2 ** -23;

/** Stands in F for a parameter whose average has not begun. */
const NOT_BEGUN = -1;

const WALK = record({
  /** F: a moving average over all steps; negative for a new unit of a head without a gradient so far. */
  fisher: vector(),
  /** Where the step before ended. */
  previous: vector(),
  /** Where the last comparison was made. */
  checkpoint: vector(),
  /** ΔL: by how much each parameter's moves lowered the loss since then. */
  lossDrop: vector(),
  /** s of this experience. */
  scores: vector(),
});

/** What moves while an experience is trained; all are [P]. */
export type RiemannianWalk = ValueOf<typeof WALK>;

/**
 * Riemannian walk: adds λ Σᵢ (Fᵢ/max F + max(0, sᵢ)/max s)(θᵢ − θ*ᵢ)². F is the Fisher information, a moving average of
 * squared gradients over training's steps (EWC++), which begins at the first of them. The score s adds up, every Δt
 * steps, ΔL / (½ F Δθ² + ε): the drop of the loss that a parameter's move caused, by how far the move changed the
 * model's distribution; over experiences it is averaged with the score before. Gradients are the training step's own,
 * without penalties, so that nothing is computed twice.
 *
 * Steps left over at an experience's end count as a last, shorter walk. The paper does not say where the average
 * begins. Its authors' code means to begin above zero, and copies zeros. This follows Avalanche, as an average that
 * begins at zero is too small for the first 1/α steps. A head's new unit begins at its own first gradient. The pieces
 * of an online stream are one experience, which is over with its last piece.
 * @see Chaudhry et al. 2018, Riemannian Walk for Incremental Learning, arXiv:1801.10112
 */
export class RWalkPlugin implements StrategyPlugin {
  readonly name = "RWalkPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #alpha: number;
  readonly #deltaT: number;
  readonly #penalty: AnchoredPenalty;
  readonly #task = new TaskGradient();
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: RWalkOptions = {}) {
    const options = resolveOptions("RWalkPlugin", given, rwalk.options);
    const { lambda, alpha, deltaT } = options;
    this.#alpha = alpha;
    this.#deltaT = deltaT;
    this.#penalty = new AnchoredPenalty("RWalkPlugin", lambda);
    this.#state = declareState("RWalkPlugin", {
      penalty: part(this.#penalty),
      walk: optional(WALK),
      /** s of all experiences before. */
      scores: optional(vector()),
      steps: count(),
      /** True while pieces of the experience are still to come. */
      isOpen: flag(),
    });
    this.state = this.#state;
  }

  beforeTrainingExp({ parameters, experience }: BaseStrategy): void {
    const { walk, isOpen } = this.#state;
    if (walk && isOpen && isOnlineExperience(experience)) {
      this.#state.walk = { ...walk, previous: Float32Array.from(parameters) };
      return;
    }
    this.#state.steps = 0;
    this.#state.walk = startWalk(walk?.fisher ?? new Float32Array(parameters.length), parameters);
  }

  afterUpdate({ parameters, gradient, cluster }: BaseStrategy): void {
    const walk = this.#state.walk;
    if (!walk) return;
    const step = this.#task.leaveLast({ gradient, before: walk.previous, penalties: cluster.penalties.active });
    const isFirst = this.#state.scores === undefined && this.#state.steps === 0;
    walkOn(walk, { ...step, parameters, alpha: this.#alpha, isFirst });
    this.#state.steps += 1;
    if (this.#state.steps % this.#deltaT === 0) scoreWalk(walk, parameters);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    const { parameters, experience } = strategy;
    const walk = this.#state.walk;
    this.#state.isOpen = !endsExperience(experience);
    if (!walk || this.#state.isOpen) return;
    if (this.#state.steps % this.#deltaT !== 0) scoreWalk(walk, parameters);
    const old = this.#state.scores;
    this.#state.scores = walk.scores.map((score, i) => (old ? flushTiny(0.5 * ((old[i] ?? 0) + score)) : score));
    this.#penalty.replace(strategy, { importances: combineImportances(walk.fisher, this.#state.scores), parameters });
  }

  afterModelGrowth({ parameters }: BaseStrategy, growth: ModelGrowth): void {
    if (this.#state.scores) this.#state.scores = growth.remap(this.#state.scores);
    const known = this.#state.walk?.fisher ?? new Float32Array(growth.parameters.from.size);
    const fisher = growth.remap(known, new Float32Array(parameters.length).fill(NOT_BEGUN));
    if (!this.#state.walk) {
      this.#state.walk = startWalk(fisher, parameters);
      return;
    }
    const { previous, checkpoint, lossDrop, scores } = this.#state.walk;
    this.#state.walk = {
      fisher,
      previous: growth.remap(previous, parameters),
      checkpoint: growth.remap(checkpoint, parameters),
      lossDrop: growth.remap(lossDrop),
      scores: growth.remap(scores),
    };
  }
}

/** Riemannian walk: a `RWalkPlugin` after the other plugins. */
export class RWalk extends strategyWith(RWalkPlugin, rwalk.options) {}

/** The walk of an experience that begins at these parameters. */
function startWalk(fisher: Float32Array, parameters: Float32Array): RiemannianWalk {
  return {
    fisher,
    previous: Float32Array.from(parameters),
    checkpoint: Float32Array.from(parameters),
    lossDrop: new Float32Array(parameters.length),
    scores: new Float32Array(parameters.length),
  };
}

interface WalkStep extends LastPenalty {
  /** [P], after the update. */
  readonly parameters: Float32Array;
  readonly alpha: number;
  /** Whether no step was made before it, in any experience. */
  readonly isFirst: boolean;
}

/**
 * One step from `walk.previous` to `parameters`, with g the task's part of the gradient: F ← αg² + (1 − α)F, or g²
 * where the average begins, and ΔL ← ΔL − g ∘ Δθ; then the step is over.
 */
function walkOn({ fisher, previous, lossDrop }: RiemannianWalk, step: WalkStep): void {
  const { gradient, penalty, parameters, alpha, isFirst } = step;
  const { a, b } = penalty ?? { a: gradient, b: gradient };
  const factor = 2 * (penalty?.scale ?? 0);
  for (let i = 0; i < fisher.length; i++) {
    const theta = parameters[i] ?? 0;
    const before = previous[i] ?? 0;
    const whole = gradient[i] ?? 0;
    const g = penalty ? Math.fround(whole - factor * ((a[i] ?? 0) * before - (b[i] ?? 0))) : whole;
    const average = fisher[i] ?? 0;
    const begins = average < 0 ? g !== 0 : isFirst;
    if (begins) fisher[i] = flushTiny(g * g);
    else if (average >= 0) fisher[i] = flushTiny(alpha * g * g + (1 - alpha) * average);
    lossDrop[i] = flushTiny((lossDrop[i] ?? 0) - g * (theta - before));
    previous[i] = theta;
  }
}

/** s ← s + ΔL / (½ F (θ − θ_checkpoint)² + ε); then a new walk begins at `parameters`. */
function scoreWalk(walk: RiemannianWalk, parameters: Float32Array): void {
  const { fisher, checkpoint, lossDrop, scores } = walk;
  for (let i = 0; i < scores.length; i++) {
    const move = (parameters[i] ?? 0) - (checkpoint[i] ?? 0);
    const distance = 0.5 * Math.max(0, fisher[i] ?? 0) * move * move;
    scores[i] = flushTiny((scores[i] ?? 0) + (lossDrop[i] ?? 0) / (distance + EPSILON));
  }
  lossDrop.fill(0);
  checkpoint.set(parameters);
}

/** max(0, F)/max F + max(0, s)/max s [P]; a part that is nowhere above 0 counts nothing. The caller owns the result. */
export function combineImportances(fisher: Float32Array, scores: Float32Array): Float32Array {
  const [fisherScale, scoreScale] = [invertLargest(fisher), invertLargest(scores)];
  return fisher.map((value, i) =>
    flushTiny(Math.max(0, value) * fisherScale + Math.max(0, scores[i] ?? 0) * scoreScale),
  );
}

/** 1 by the largest of the values; 0 where none is above 0. */
function invertLargest(values: Float32Array): number {
  const largest = values.reduce((max, value) => Math.max(max, value), 0);
  return largest > 0 ? 1 / largest : 0;
}

/** By the names under which a list of methods loads them. */
export { RWalk as strategy, RWalkPlugin as plugin };
