import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import type { ParameterEntry } from "../../core/parameter_layout.ts";
import { count, declareState, flag, mapById, optional, vector } from "../../core/state/state.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { takeTopology } from "../../models/take_topology.ts";
import type { TaskParameters } from "../../onnx/export/task_parameters.ts";
import { endsExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { HeldParameters, heldParameters } from "../shared/importances/held_parameters.ts";
import type { PerExperience } from "../shared/method_options.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import { strategyWith } from "../strategy_with.ts";
import { type PackNetOptions, packNet } from "./options.ts";

/**
 * PackNet: every experience trains the weights that no earlier one has kept, gives up the smallest of them, layer by
 * layer, and trains on with the others, which are then its own for ever. Samples are evaluated with the weights of
 * their task label's experience and of those before it. Biases belong to the experience in which they were first
 * trained; a head a task is left to its task. Models with layer state (batch normalisation) are refused: it cannot be
 * kept apart. The pieces of an online stream are one experience, which is pruned in its last piece. The exported model
 * of a task-incremental benchmark takes task labels, and computes the network once for each task.
 * @see Mallya and Lazebnik 2018, PackNet: Adding Multiple Tasks to a Single Network by Iterative Pruning,
 * arXiv:1711.05769
 */
export class PackNetPlugin implements StrategyPlugin {
  readonly name = "PackNetPlugin";
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #postPruneEpochs: number;
  readonly #pruneProportion: PerExperience;
  #whole: Float32Array | undefined;
  readonly #state = declareState("PackNetPlugin", {
    /** Which experience a parameter belongs to, counted from 1; 0 for nobody's [P]. */
    owners: optional(vector()),
    /** The newest experience of each task label, counted from 1. */
    experiences: mapById(count()),
    /** The number of the experience being trained, from 1. */
    current: count(),
    isPruned: flag(),
    held: optional(heldParameters()),
  });
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: PackNetOptions) {
    const options = resolveOptions("PackNetPlugin", given, packNet.options);
    const { postPruneEpochs, pruneProportion } = options;
    this.#postPruneEpochs = postPruneEpochs;
    this.#pruneProportion = pruneProportion;
  }

  assertUsable({ model, options: { trainEpochs } }: StrategySetup): void {
    const act = "PackNetPlugin";
    if (trainEpochs <= this.#postPruneEpochs) {
      const wanted = `more trainEpochs than postPruneEpochs (${this.#postPruneEpochs})`;
      throw new RangeRefusal(needs(act, wanted, trainEpochs));
    }
    if (listGrowingHeads(takeTopology(model)).some(({ kind }) => kind === "progressive")) {
      const wanted = "a model without columns, as those of a progressive network keep tasks apart themselves";
      throw new RangeRefusal(needs(act, wanted, model.name));
    }
    const names = model.nonTrainableWeights.map(({ originalName }) => originalName);
    const state = names.filter((name) => !name.endsWith("/active"));
    if (state.length > 0) throw new RangeRefusal(needs(act, "a model without layer state", state));
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    const { cluster, experience, parameters } = strategy;
    this.#state.owners ??= new Float32Array(parameters.length);
    const number = countPastExperiences(strategy) + 1;
    if (number !== this.#state.current) {
      // Of the experience before, the last piece never came.
      if (this.#state.current > 0 && !this.#state.isPruned) this.#prune(strategy);
      this.#state.current = number;
      this.#state.isPruned = false;
      cluster.resetOptimizer();
    }
    for (const label of experience.taskLabels) this.#state.experiences.set(label, this.#state.current);
    this.#holdOthers(strategy);
  }

  beforeTrainingEpoch(strategy: BaseStrategy): void {
    const { clock, trainEpochs, experience } = strategy;
    if (!endsExperience(experience)) return;
    if (clock.trainExpEpochs === trainEpochs - this.#postPruneEpochs) this.#prune(strategy);
  }

  afterUpdate({ parameters }: BaseStrategy): void {
    this.#state.held?.putBack(parameters);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    // Training may have stopped early, and early stopping may have put back parameters of before the pruning.
    if (!this.#state.isPruned && endsExperience(strategy.experience)) this.#prune(strategy);
    this.#state.held?.putBack(strategy.parameters);
    this.#state.held = undefined;
  }

  beforeEvalExp(strategy: BaseStrategy): void {
    const { parameters, experience } = strategy;
    const owners = this.#state.owners;
    if (!owners) return;
    const experiences = experience.taskLabels.map((label) => this.#state.experiences.get(label) ?? this.#state.current);
    const last = Math.max(...experiences);
    if (experiences.some((other) => other !== last)) {
      throw new RangeRefusal(needs("PackNet", "samples of one task at a time", experience.taskLabels));
    }
    this.#whole = Float32Array.from(parameters);
    const keepsFree = last === this.#state.current && !this.#state.isPruned;
    for (const { offset, size } of listMasked(strategy)) {
      for (let i = offset; i < offset + size; i++) {
        const owner = owners[i] ?? 0;
        if (owner > last || (owner === 0 && !keepsFree)) parameters[i] = 0;
      }
    }
  }

  afterEvalExp({ parameters }: BaseStrategy): void {
    if (this.#whole) parameters.set(this.#whole);
    this.#whole = undefined;
  }

  taskParameters(strategy: BaseStrategy): TaskParameters | undefined {
    if (!this.#state.owners) return undefined;
    const owners = new Float32Array(this.#state.owners.length);
    for (const { offset, size } of listMasked(strategy))
      owners.set(this.#state.owners.subarray(offset, offset + size), offset);
    return { owners, lastOwners: this.#state.experiences, lastOwner: this.#state.current };
  }

  afterModelGrowth(_strategy: BaseStrategy, growth: ModelGrowth): void {
    if (this.#state.owners) this.#state.owners = growth.remap(this.#state.owners);
    this.#state.held = this.#state.held?.grow(growth);
  }

  /** Gives up the smallest free weights of each layer, and keeps the others for this experience. */
  #prune(strategy: BaseStrategy): void {
    const { parameters } = strategy;
    const { current, owners = new Float32Array(parameters.length) } = this.#state;
    const proportion = readPerExperience(this.#pruneProportion, current - 1);
    for (const { offset, size, shape } of listShared(strategy)) {
      const free: number[] = [];
      for (let i = offset; i < offset + size; i++) if (owners[i] === 0) free.push(i);
      claimLargest(parameters, free, { owners, owner: current, proportion: shape.length > 1 ? proportion : 0 });
    }
    this.#state.owners = owners;
    this.#state.isPruned = true;
    this.#holdOthers(strategy);
  }

  /** Holds what other experiences own and, once this one has pruned, what nobody does. */
  #holdOthers(strategy: BaseStrategy): void {
    const { parameters } = strategy;
    const mask = new Float32Array(parameters.length);
    const { owners, current, isPruned } = this.#state;
    for (const { offset, size } of listShared(strategy)) {
      for (let i = offset; i < offset + size; i++) {
        const owner = owners?.[i] ?? 0;
        if (owner !== current && (owner !== 0 || isPruned)) mask[i] = 1;
      }
    }
    markOtherHeads(strategy, mask);
    this.#state.held = new HeldParameters(parameters, mask);
  }
}

/** PackNet: a `PackNetPlugin` after the other plugins. */
export class PackNet extends strategyWith(PackNetPlugin, packNet.options) {}

/**
 * Of the parameters at `free`, the share `proportion` with the smallest absolute values becomes 0, and the others get
 * `owner`. Of equal ones the first are given up.
 */
export function claimLargest(
  parameters: Float32Array,
  free: readonly number[],
  claim: { readonly owners: Float32Array; readonly owner: number; readonly proportion: number },
): void {
  const ordered = [...free].sort((i, j) => Math.abs(parameters[i] ?? 0) - Math.abs(parameters[j] ?? 0) || i - j);
  const pruned = Math.round(claim.proportion * free.length);
  for (const [rank, i] of ordered.entries()) {
    if (rank < pruned) parameters[i] = 0;
    else claim.owners[i] = claim.owner;
  }
}

/** All tensors but those of a head a task. */
function listShared({ cluster, heads }: BaseStrategy): ParameterEntry[] {
  const separate = heads.filter(({ kind }) => kind === "multi-head").map(({ layer }) => layer);
  return cluster.model.layout.entries.filter(({ name }) => !separate.some((layer) => name.startsWith(`${layer}/`)));
}

/** The tensors of which evaluation uses a part: biases count as a whole. */
function listMasked(strategy: BaseStrategy): ParameterEntry[] {
  return listShared(strategy).filter(({ shape }) => shape.length > 1);
}

/**
 * Marks with 1, in a mask [P], the heads of tasks that are not trained now: [tasks, features, units] and [tasks,
 * units].
 */
function markOtherHeads(strategy: BaseStrategy, mask: Float32Array): void {
  const { cluster, experience } = strategy;
  const shared = new Set(listShared(strategy));
  for (const entry of cluster.model.layout.entries) {
    if (shared.has(entry)) continue;
    const head = entry.size / elementAt(entry.shape, 0);
    for (let task = 0; task * head < entry.size; task++) {
      const start = entry.offset + task * head;
      if (!experience.taskLabels.includes(task)) mask.fill(1, start, start + head);
    }
  }
}

/** By the names under which a list of methods loads them. */
export { PackNet as strategy, PackNetPlugin as plugin };
