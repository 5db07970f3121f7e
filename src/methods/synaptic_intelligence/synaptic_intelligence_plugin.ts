import type { Compatibility } from "../../core/options/compatibility.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional, part, record, type ValueOf, vector } from "../../core/state/state.ts";
import { flushTiny } from "../../core/vector.ts";
import { endsExperience, isOnlineExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { AnchoredPenalty } from "../shared/importances/anchored_penalty.ts";
import { type LastPenalty, TaskGradient } from "../shared/importances/task_gradient.ts";
import { listIncludedRanges, type ParameterRange } from "../shared/parameter_ranges.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import { strategyWith } from "../strategy_with.ts";
import { type SynapticIntelligenceOptions, synapticIntelligence } from "./options.ts";

/** The most that an importance may be in Avalanche. */
const AVALANCHE_CAP = 0.001;
const DEFAULT_EPS: Readonly<Record<Compatibility, number>> = { paper: 1e-3, avalanche: 1e-7 };

const PATH = record({
  /** Where the experience began. */
  start: vector(),
  /** Where the step before ended. */
  previous: vector(),
  /** ω so far: −Σ g ∘ Δθ over the steps. */
  contributions: vector(),
});

/** What an experience's training leaves behind as it goes; all are [P]. */
export type ParameterPath = ValueOf<typeof PATH>;

/**
 * Synaptic intelligence: adds λ Σᵢ Ωᵢ (θᵢ − θ*ᵢ)² with θ* the parameters after the last experience and Ω = max(0, Σₖ ωₖ
 * / ((θₖ − θₖ₋₁)² + ξ)), where ωₖ = −Σ g ∘ Δθ, over the steps of experience k, is how much each parameter's moves
 * lowered the loss; g is the gradient without penalties. The vectors are O(P), whatever the number of experiences.
 *
 * The pieces of an online stream are one experience k, with one path, which is over with its last piece.
 *
 * g is what the optimizer follows, minus all penalties: a plugin that edits the gradient (clipping) changes ω, too.
 * @see Zenke, Poole and Ganguli 2017, Continual Learning Through Synaptic Intelligence, arXiv:1703.04200
 */
export class SynapticIntelligencePlugin implements StrategyPlugin {
  readonly name = "SynapticIntelligencePlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #options: ResolvedOptions<typeof synapticIntelligence.options> & { readonly eps: number };
  readonly #penalty: AnchoredPenalty;
  #ranges: readonly ParameterRange[] = [];
  readonly #task = new TaskGradient();
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: SynapticIntelligenceOptions) {
    const options = resolveOptions("SynapticIntelligencePlugin", given, synapticIntelligence.options);
    const { eps = DEFAULT_EPS[options.compatibility] } = options;
    this.#options = { ...options, eps };
    this.#penalty = new AnchoredPenalty("SynapticIntelligencePlugin", 0);
    this.#state = declareState(
      "SynapticIntelligencePlugin",
      {
        penalty: part(this.#penalty),
        /** Σₖ ωₖ / ((θₖ − θₖ₋₁)² + ξ) [P]. */
        cumulative: optional(vector()),
        path: optional(PATH),
      },
      {
        restored: ({ strategy }) => {
          this.#ranges = this.#listRanges(strategy);
        },
      },
    );
    this.state = this.#state;
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    const { parameters, experience } = strategy;
    this.#ranges = this.#listRanges(strategy);
    // A piece goes on along the path of the one before it.
    const { start, contributions } = (isOnlineExperience(experience) ? this.#state.path : undefined) ?? {};
    this.#state.path = {
      start: start ?? Float32Array.from(parameters),
      previous: Float32Array.from(parameters),
      contributions: contributions ?? new Float32Array(parameters.length),
    };
    const lambda = readPerExperience(this.#options.lambda, countPastExperiences(strategy));
    this.#penalty.scale = this.#isAvalanche ? lambda / 2 : lambda;
  }

  afterUpdate({ parameters, gradient, cluster }: BaseStrategy): void {
    const path = this.#state.path;
    if (!path) return;
    const penalties = this.#isAvalanche ? [] : cluster.penalties.active;
    const step = this.#task.leaveLast({ gradient, before: path.previous, penalties });
    for (const range of this.#ranges) addContributions(path, { parameters, ...step }, range);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    const { parameters, experience } = strategy;
    if (!this.#state.path || !endsExperience(experience)) return;
    this.#state.cumulative ??= new Float32Array(parameters.length);
    for (const range of this.#ranges) {
      consolidateContributions(
        this.#state.cumulative,
        { ...this.#state.path, parameters, eps: this.#options.eps },
        range,
      );
    }
    this.#state.path = undefined;
    const importances = limitImportances(this.#state.cumulative, this.#options.compatibility);
    this.#penalty.replace(strategy, { importances, parameters });
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    if (this.#state.cumulative) this.#state.cumulative = growth.remap(this.#state.cumulative);
    if (!this.#state.path) return;
    const { start, previous, contributions } = this.#state.path;
    this.#state.path = {
      start: growth.remap(start, strategy.parameters),
      previous: growth.remap(previous, strategy.parameters),
      contributions: growth.remap(contributions),
    };
    this.#ranges = this.#listRanges(strategy);
  }

  get #isAvalanche(): boolean {
    return this.#options.compatibility === "avalanche";
  }

  #listRanges({ cluster }: BaseStrategy): readonly ParameterRange[] {
    const { layout } = cluster.model;
    const normalisation = layout.entries.map(({ name }) => name).filter((name) => /\/(gamma|beta)$/.test(name));
    const free = this.#isAvalanche ? normalisation : [];
    return listIncludedRanges("SynapticIntelligencePlugin", layout, [...this.#options.excludedParameters, ...free]);
  }
}

/** Synaptic intelligence: a `SynapticIntelligencePlugin` after the other plugins. */
export class SynapticIntelligence extends strategyWith(SynapticIntelligencePlugin, synapticIntelligence.options) {}

/**
 * After a step from `path.previous` to `parameters` along `gradient`, the penalty's part in it left out, on a range: ω
 * −= g ∘ Δθ; then the step is over.
 */
function addContributions(
  { contributions, previous }: ParameterPath,
  step: LastPenalty & { readonly parameters: Float32Array },
  { start, end }: ParameterRange,
): void {
  const { parameters, gradient, penalty } = step;
  const { a, b } = penalty ?? { a: gradient, b: gradient };
  const factor = 2 * (penalty?.scale ?? 0);
  for (let i = start; i < end; i++) {
    const theta = parameters[i] ?? 0;
    const before = previous[i] ?? 0;
    const whole = gradient[i] ?? 0;
    const g = penalty ? Math.fround(whole - factor * ((a[i] ?? 0) * before - (b[i] ?? 0))) : whole;
    contributions[i] = flushTiny((contributions[i] ?? 0) - g * (theta - before));
    previous[i] = theta;
  }
}

/** At an experience's end, on a range: cumulative += ω / ((θ − θ_start)² + eps). */
function consolidateContributions(
  cumulative: Float32Array,
  experience: Pick<ParameterPath, "start" | "contributions"> & {
    readonly parameters: Float32Array;
    readonly eps: number;
  },
  { start, end }: ParameterRange,
): void {
  const { contributions, parameters, eps } = experience;
  for (let i = start; i < end; i++) {
    const distance = (parameters[i] ?? 0) - (experience.start[i] ?? 0);
    cumulative[i] = flushTiny((cumulative[i] ?? 0) + (contributions[i] ?? 0) / (distance * distance + eps));
  }
}

/** Ω [P] from the contributions of all experiences; the caller owns it. Nobody is to be pushed away from an anchor. */
export function limitImportances(cumulative: Float32Array, compatibility: Compatibility): Float32Array {
  if (compatibility === "avalanche") return cumulative.map((value) => Math.min(value, AVALANCHE_CAP));
  return cumulative.map((value) => Math.max(value, 0));
}

/** By the names under which a list of methods loads them. */
export { SynapticIntelligence as strategy, SynapticIntelligencePlugin as plugin };
