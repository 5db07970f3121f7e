/**
 * What a plugin is. The loop calls it at these places (`callbacks.ts` says what each may read and change):
 *
 *     train(experiences):
 *       beforeTraining
 *       for each experience:
 *         beforeTrainDatasetAdaptation   adaptedDataset = experience.dataset   afterTrainDatasetAdaptation
 *         make the dataloader, widen growing heads, prepare the optimizer
 *         beforeTrainingExp
 *         for each epoch:
 *           beforeTrainingEpoch
 *           for each minibatch of the dataloader:
 *             beforeTrainingIteration
 *             beforeForward    mbOutput = forward(mbatch)           afterForward
 *             loss = criterion(mbOutput, mbY)
 *             beforeBackward   gradient = mean over the replicas    afterBackward
 *             beforeUpdate     parameters -= step of the optimizer  afterUpdate
 *             afterTrainingIteration
 *           afterTrainingEpoch
 *         afterTrainingExp
 *       afterTraining
 */

import type * as tf from "@tensorflow/tfjs";
import { TypeRefusal } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { Part } from "../../core/state/state.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import type { TaskParameters } from "../../onnx/export/task_parameters.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import type { ModelGrowth } from "../model/model_growth.ts";
import type { BaseStrategy } from "./base_strategy.ts";
import type { Callbacks } from "./callbacks.ts";
import type { CombinationRules } from "./combination_rules.ts";
import type { RehearseExperience } from "./rehearsal.ts";
import type { ResolvedStrategyOptions } from "./strategy_options.ts";

/** A strategy as a plugin finds it when it is made: nothing runs yet. */
export interface StrategySetup {
  readonly model: tf.LayersModel;
  readonly options: ResolvedStrategyOptions;
}

/**
 * Behaviour added to a strategy. Every callback is optional, and the methods that a plugin has decide how steps are
 * computed: one that listens between forward and backward (`afterForward`, `beforeBackward`) splits the step in two,
 * one that listens to `afterBackward` or `beforeUpdate` sees the reduced gradient before the optimizer does.
 */
export type StrategyPlugin = CombinationRules & {
  /** For messages. Default: the class name. */
  readonly name?: string;
  /** Called when a strategy is made with it: throws where it cannot work with the strategy's model or options. */
  assertUsable?(setup: StrategySetup): void;
  /**
   * Called before anything is trained where a plugin replaces the adapted dataset, the dataloader or minibatches: says
   * what it will make of each experience by numbers of samples alone, from where it stands now, and refuses those that
   * it cannot work with. A plugin without this method that declares traits leaves minibatches as they are.
   */
  rehearse?(strategy: BaseStrategy): RehearseExperience;
  /** Plugins that this one is made of: each is called, saved and restored like any other, right after it. */
  readonly parts?: readonly StrategyPlugin[];
  /**
   * Takes the place of the strategy's criterion in training: the loss of the whole minibatch, and its gradient with
   * respect to `mbOutput`. At most one plugin may have it. The step is split then.
   */
  criterion?(strategy: BaseStrategy): LossAndGradient | Promise<LossAndGradient>;
  /**
   * Vectors that go with the parameters, by their layout [P] and live: who puts earlier parameters back puts these
   * back, too.
   */
  readonly extraParameters?: readonly Float32Array[];
  /**
   * False for a plugin that listens to `afterUpdate` or `afterTrainingIteration` and does not look at `mbOutput` there:
   * several ranks need not send outputs to each other for it. Default: true.
   */
  readonly readsOutputs?: boolean;
  /**
   * Called when the model's heads have grown. A plugin that keeps vectors by the layout of the parameters or of the
   * layers' state moves them with `growth.remap` and `growth.remapState`.
   */
  afterModelGrowth?(strategy: BaseStrategy, growth: ModelGrowth): void | Promise<void>;
  /**
   * How evaluations predict with this plugin, for the exported model: what it makes of the network's outputs;
   * undefined where its callbacks change nothing but the parameters. A plugin without this method must leave
   * predictions alone. It is asked between `beforeEval` and `afterEval`, which are called for that purpose alone and
   * must not do anything else.
   */
  predictionHead?(strategy: BaseStrategy): PredictionHead | undefined;
  /**
   * What `predictionHead` will give, before anything is learnt: an export is tried with it before a run begins.
   * Undefined where there will be none. Without this method, what a head may be is not known before the first export.
   */
  predictionHeadForm?(strategy: BaseStrategy): HeadForm | undefined;
  /**
   * Which parameters evaluations use for which task label, if that is more than one and the same set: what
   * `beforeEvalExp` sets to 0. Asked like `predictionHead`.
   */
  taskParameters?(strategy: BaseStrategy): TaskParameters | undefined;
  /**
   * What the plugin keeps from one callback to the next: `declareState({ … })`, or a buffer. It is saved and restored
   * with the strategy. A plugin whose behaviour depends on the past must have it, or both of the next two methods.
   */
  readonly state?: PluginState | undefined;
  /** For a plugin whose state cannot be declared: all that `restoreState` needs to go on from here. */
  saveState?(): SavedState;
  /** Goes on from what `saveState` gave, in the same configuration. Must also undo what happened since. */
  restoreState?(saved: SavedState, context: RestoreContext): void | Promise<void>;
} & Callbacks;

/** What a plugin may need to restore itself. */
export interface RestoreContext {
  readonly strategy: BaseStrategy;
  /** The benchmark's data sources by name: saved samples refer to them. */
  readonly sources: ReadonlyMap<string, DataSource>;
}

/** What a plugin keeps: see `StrategyPlugin.state`. */
export type PluginState = Part<RestoreContext>;

/** A plugin and those that it is made of, in the order in which they are called. */
export function listParts(plugin: StrategyPlugin): readonly StrategyPlugin[] {
  return [plugin, ...(plugin.parts ?? []).flatMap(listParts)];
}

/** How messages call a plugin. */
export function namePlugin(plugin: StrategyPlugin): string {
  return plugin.name ?? plugin.constructor?.name ?? "a plugin";
}

/** @throws {TypeError} If a plugin declares its state and saves or restores one by itself. */
export function assertOneState(plugin: StrategyPlugin): void {
  if (!plugin.state || !(plugin.saveState || plugin.restoreState)) return;
  throw new TypeRefusal(`${namePlugin(plugin)} must have either state or saveState and restoreState, got both`);
}
