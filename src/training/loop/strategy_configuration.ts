import { RefusalError } from "../../core/errors/errors.ts";
import { RandomStreams } from "../../core/random_stream.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import { TARGET_KINDS, type TargetKind } from "../../data/float_targets.ts";
import { assertModelVectorsFit } from "../../engine/tfjs/model_variables.ts";
import { assertStandardizationFirst } from "../../engine/tfjs/standardization_place.ts";
import { defaultEvaluator } from "../../evaluation/default_evaluator.ts";
import { EvaluationPlugin } from "../../evaluation/evaluation_plugin.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import { ModelHolder } from "../model/model_holder.ts";
import { assertCombination, type CombinationRules, type Trait } from "./combination_rules.ts";
import { LoopState } from "./loop_state.ts";
import { PluginDispatcher } from "./plugin_dispatcher.ts";
import {
  changeStrategyOptions,
  type MadeWith,
  type ResolvedStrategyOptions,
  readMadeWith,
  resolveStrategyOptions,
  type StrategyOptions,
  type StrategySettings,
} from "./strategy_options.ts";
import { listParts, type PluginState, type StrategyPlugin } from "./strategy_plugin.ts";

/**
 * What a strategy is made with, and what it declares: options, settings, plugins, what goes together, how it predicts,
 * its own state.
 */
export abstract class StrategyConfiguration extends ModelHolder implements CombinationRules {
  protected readonly dispatcher = new PluginDispatcher();
  /** What the attributes show; the loop itself writes here. */
  protected readonly loop = new LoopState(this.dispatcher);
  /** What it was made with, to make another one of its class. */
  readonly madeWith: MadeWith;
  readonly #randomStreams: RandomStreams;
  #options: ResolvedStrategyOptions;
  #hasOtherSettings = false;
  #evaluator: EvaluationPlugin;

  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range, or plugins, strategy and model do not go together.
   */
  constructor(options: StrategyOptions) {
    const resolved = resolveStrategyOptions(new.target.name, options);
    super(options);
    this.#options = resolved;
    this.madeWith = readMadeWith(options);
    this.#randomStreams = new RandomStreams(resolved.seed);
    const { model, plugins = [], evaluator = defaultEvaluator() } = options;
    this.#evaluator = evaluator ?? new EvaluationPlugin({ metrics: [] });
    const parts = plugins.flatMap(listParts);
    assertStandardizationFirst(model);
    assertModelVectorsFit(model);
    assertCombination(this, parts);
    for (const plugin of parts) plugin.assertUsable?.({ model, options: resolved });
  }

  override get options(): ResolvedStrategyOptions {
    return this.#options;
  }

  /** Samples in a training minibatch. A change holds from the next experience on. */
  get trainMbSize(): number {
    return this.options.trainMbSize;
  }

  set trainMbSize(trainMbSize: number) {
    this.changeSettings({ trainMbSize });
  }

  /** Passes over each experience. A change holds at once. */
  get trainEpochs(): number {
    return this.options.trainEpochs;
  }

  set trainEpochs(trainEpochs: number) {
    this.changeSettings({ trainEpochs });
  }

  /** Whether a last, smaller minibatch is left out of training. A change holds from the next experience on. */
  get dropLast(): boolean {
    return this.loop.trainOptions.dropLast ?? this.options.dropLast;
  }

  set dropLast(dropLast: boolean) {
    this.changeSettings({ dropLast });
  }

  /** Whether samples are shuffled before each epoch. The options of a `train` call say so; a dataloader keeps to it. */
  get shuffle(): boolean {
    return this.loop.trainOptions.shuffle ?? true;
  }

  /** Samples in an evaluation minibatch. A change holds from the next evaluated experience on. */
  get evalMbSize(): number {
    return this.options.evalMbSize;
  }

  set evalMbSize(evalMbSize: number) {
    this.changeSettings({ evalMbSize });
  }

  /** True where settings were changed since the strategy was made. */
  get hasOtherSettings(): boolean {
    return this.#hasOtherSettings;
  }

  /**
   * Changes how the strategy goes about it.
   * @throws {RangeError} If a value is out of range, or a plugin cannot work with it.
   */
  changeSettings(change: Readonly<Partial<StrategySettings>>): void {
    const options = changeStrategyOptions(this.constructor.name, this.#options, change);
    for (const plugin of this.plugins) plugin.assertUsable?.({ model: this.model, options });
    this.#options = options;
    this.#hasOtherSettings = true;
  }

  /** The strategy's named streams of random numbers; a plugin takes one of a name of its own. */
  get randomStreams(): RandomStreams {
    return this.#randomStreams;
  }

  /**
   * All plugins in the order in which they are called: the user's, then what follows training for the criterion, the
   * evaluator, periodic evaluation, the clock.
   */
  get plugins(): readonly StrategyPlugin[] {
    return this.dispatcher.plugins;
  }

  get evaluator(): EvaluationPlugin {
    return this.#evaluator;
  }

  /** Another one measures and logs from the next `train` or `eval` on. @throws {RefusalError} While one goes on. */
  set evaluator(evaluator: EvaluationPlugin) {
    if (this.loop.isOpen) {
      throw new RefusalError("strategy.evaluator can be assigned between train and eval, not in them");
    }
    this.dispatcher.replace(this.#evaluator, evaluator);
    this.#evaluator = evaluator;
  }

  /**
   * What the strategy itself does that a plugin may exclude. Read while it is made: a subclass's fields are not there
   * yet.
   */
  get traits(): readonly Trait[] {
    return [];
  }

  /** What no plugin may do in this strategy. Read while it is made, too. */
  get excludes(): readonly Trait[] {
    return [];
  }

  /** The kinds of targets that it can be trained on, as far as its class and not its criterion decides. */
  get targets(): readonly TargetKind[] {
    return TARGET_KINDS;
  }

  /** True for a strategy that wants all experiences in one call of `train`. */
  get trainsJointly(): boolean {
    return false;
  }

  /**
   * How a subclass predicts in evaluation, where it is not by the network's outputs; what plugins make of them comes
   * behind.
   */
  predictionHead(): PredictionHead | undefined {
    return undefined;
  }

  /** What `predictionHead` will give, before anything is learnt: an export is tried with it before a run begins. */
  predictionHeadForm(): HeadForm | undefined {
    return undefined;
  }

  /** What a subclass keeps from one step to the next, declared; undefined if it has no such state. */
  get ownState(): PluginState | undefined {
    return undefined;
  }

  /** For a subclass whose state cannot be declared: all that it needs to go on identically. */
  saveOwnState(): SavedState {
    return null;
  }

  /** Goes on from what `saveOwnState` gave; `sources` are the benchmark's, by name. */
  restoreOwnState(_saved: SavedState, _sources: ReadonlyMap<string, DataSource>): void {}
}
