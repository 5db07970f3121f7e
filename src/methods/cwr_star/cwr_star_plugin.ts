import type * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../core/element_at.ts";
import { matrixShape } from "../../core/host_tensor.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { findEntry, type ParameterEntry } from "../../core/parameter_layout.ts";
import { count, declareState, mapById, optional, record, type ValueOf, vector } from "../../core/state/state.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { assertDenseLayer, findOutputLayer } from "../../training/model/named_layer.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { restoreStatistics } from "../shared/features/layer_statistics.ts";
import { HeldParameters, heldParameters } from "../shared/importances/held_parameters.ts";
import { strategyWith } from "../strategy_with.ts";
import { type CWRStarOptions, cwrStar } from "./options.ts";

/** What is kept of a class. */
const CONSOLIDATED_CLASS = record({
  /** cw: its column of the head's kernel. */
  weights: vector(),
  /** Its samples so far. */
  samples: count(),
});
type ConsolidatedClass = ValueOf<typeof CONSOLIDATED_CLASS>;

/**
 * CWR*: an experience trains temporary head weights, which begin at the consolidated ones for its classes and at 0 for
 * all others. Afterwards each of its classes j gets cw ← (r·cw + tw − mean(tw)) / (r + 1) with r = √(past samples /
 * samples now), the mean being over all weights of the experience's classes; the head then holds the consolidated
 * weights of all classes seen. Layers below learn in the first experience only. The head's bias is trained as ever, as
 * in Avalanche.
 * @see Lomonaco, Maltoni and Pellegrini 2020, Rehearsal-Free Continual Learning over Small Non-I.I.D. Batches,
 * arXiv:1907.03799
 */
export class CWRStarPlugin implements StrategyPlugin {
  readonly name = "CWRStarPlugin";
  readonly targets = CLASSES_ONLY;
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #options: CWRStarOptions;
  readonly #state = declareState("CWRStarPlugin", {
    classes: mapById(CONSOLIDATED_CLASS),
    held: optional(heldParameters()),
    statistics: optional(vector()),
  });
  readonly state: PluginState = this.#state;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(given: CWRStarOptions = {}) {
    const options = resolveOptions("CWRStarPlugin", given, cwrStar.options);
    this.#options = options;
  }

  assertUsable({ model }: StrategySetup): void {
    assertDenseLayer("CWRStarPlugin", model, this.#nameLayer(model));
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    const { parameters, experience } = strategy;
    const kernel = this.#findKernel(strategy);
    const current = new Set([...experience.classesInThisExperience, ...this.#listRehearsed()]);
    this.#writeHead(strategy, (id) => current.has(id));
    const { freezeRemainingModel } = this.#options;
    if (!freezeRemainingModel || countPastExperiences(strategy) === 0) return;
    const mask = new Float32Array(parameters.length).fill(1);
    const layer = layerOf(kernel);
    for (const { name, offset, size } of strategy.cluster.model.layout.entries) {
      if (name.startsWith(`${layer}/`)) mask.fill(0, offset, offset + size);
    }
    this.#state.held = new HeldParameters(parameters, mask);
    this.#state.statistics = Float32Array.from(strategy.cluster.state);
  }

  /** Gradients of what is held would move nothing: they are left out. */
  beforeForward({ cluster }: BaseStrategy): void {
    const { held } = this.#state;
    const entries = held ? cluster.model.layout.entries.filter(({ offset }) => held.mask[offset] === 1) : [];
    cluster.held.names = entries.map(({ name }) => name);
  }

  afterUpdate({ parameters, cluster }: BaseStrategy): void {
    this.#state.held?.putBack(parameters);
    if (this.#state.statistics) restoreStatistics(cluster, this.#state.statistics);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    this.#state.held = undefined;
    this.#state.statistics = undefined;
    strategy.cluster.held.names = [];
    const kernel = this.#findKernel(strategy);
    const counts = new Map<number, number>();
    for (const id of [...strategy.experience.dataset.targets, ...this.#listRehearsed()])
      counts.set(id, (counts.get(id) ?? 0) + 1);
    const trained = new Map([...counts.keys()].map((id) => [id, readColumn(strategy.parameters, kernel, id)]));
    const past = this.#state.classes;
    for (const [id, weights] of consolidate(trained, { counts, past })) past.set(id, weights);
    this.#writeHead(strategy, () => true);
  }

  afterModelGrowth({ cluster }: BaseStrategy, growth: ModelGrowth): void {
    this.#state.held = this.#state.held?.grow(growth);
    if (this.#state.statistics) this.#state.statistics = growth.remapState(this.#state.statistics, cluster.state);
  }

  #listRehearsed(): readonly number[] {
    return this.#options.rehearsedTargets?.() ?? [];
  }

  /** Puts consolidated weights into the head for the classes chosen, and 0 for all others. */
  #writeHead(strategy: BaseStrategy, isChosen: (id: number) => boolean): void {
    const { parameters } = strategy;
    const kernel = this.#findKernel(strategy);
    parameters.fill(0, kernel.offset, kernel.offset + kernel.size);
    const { classes } = this.#state;
    for (const [id, { weights }] of classes) if (isChosen(id)) writeColumn(parameters, kernel, { id, weights });
  }

  #findKernel({ cluster, model }: BaseStrategy): ParameterEntry {
    return findEntry(cluster.model.layout, `${this.#nameLayer(model)}/kernel`);
  }

  #nameLayer(model: tf.LayersModel): string {
    return this.#options.cwrLayerName ?? findOutputLayer(model);
  }
}

/** CWR*: a `CWRStarPlugin` after the other plugins. */
export class CWRStar extends strategyWith(CWRStarPlugin, cwrStar.options) {}

/**
 * CWR*'s consolidation of the columns that an experience trained.
 * @param trained tw by class.
 * @returns What each of these classes is now; the caller owns it.
 */
export function consolidate(
  trained: ReadonlyMap<number, Float32Array>,
  by: { readonly counts: ReadonlyMap<number, number>; readonly past: ReadonlyMap<number, ConsolidatedClass> },
): Map<number, ConsolidatedClass> {
  const all = [...trained.values()];
  const sum = all.reduce((total, column) => total + column.reduce((partial, w) => partial + w, 0), 0);
  const mean = sum / all.reduce((count, column) => count + column.length, 0);
  return new Map(
    [...trained].map(([id, column]) => {
      const count = by.counts.get(id) ?? 0;
      const past = by.past.get(id);
      const ratio = past && count > 0 ? Math.sqrt(past.samples / count) : 0;
      const weights = column.map((w, i) => (ratio * (past?.weights[i] ?? 0) + w - mean) / (ratio + 1));
      return [id, { weights, samples: (past?.samples ?? 0) + count }];
    }),
  );
}

function layerOf({ name }: ParameterEntry): string {
  return name.slice(0, name.lastIndexOf("/"));
}

function readColumn(parameters: Float32Array, { offset, shape }: ParameterEntry, id: number): Float32Array {
  const [rows, columns] = matrixShape(shape);
  return Float32Array.from({ length: rows }, (_, row) => parameters[offset + row * columns + id] ?? 0);
}

function writeColumn(
  parameters: Float32Array,
  { offset, shape }: ParameterEntry,
  { id, weights }: { readonly id: number; readonly weights: Float32Array },
): void {
  const columns = elementAt(shape, 1);
  for (const [row, weight] of weights.entries()) parameters[offset + row * columns + id] = weight;
}

/** By the names under which a list of methods loads them. */
export { CWRStar as strategy, CWRStarPlugin as plugin };
