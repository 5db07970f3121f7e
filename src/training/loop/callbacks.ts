import { describeUnknownName, TypeRefusal } from "../../core/errors/errors.ts";
import type { BaseStrategy } from "./base_strategy.ts";

/** One callback; the loop waits for it. */
export type Callback = (strategy: BaseStrategy) => void | Promise<void>;

/**
 * What a plugin may listen to in training, in the order in which it comes. What costs nothing is not marked. "Splits
 * the step": outputs and gradient take two commands to the replicas instead of one, and the loss is computed on the
 * coordinator. "Delays the update": the optimizer's step is a command of its own. `strategy.plan` says which was done.
 */
export interface TrainingCallbacks {
  /** A call of `train` begins. Shows `clock` and `model`. */
  beforeTraining?: Callback;
  /** An experience begins. Shows `experience`. */
  beforeTrainDatasetAdaptation?: Callback;
  /** May replace `adaptedDataset`, the samples that the experience is trained on. */
  afterTrainDatasetAdaptation?: Callback;
  /** May replace `dataloader`. Growing heads are wide enough from here on. */
  beforeTrainingExp?: Callback;
  /** May replace `dataloader`, and call `stopTraining()`. */
  beforeTrainingEpoch?: Callback;
  /** Shows `mbatch`, `mbX`, `mbY`, `mbTaskId`; may replace `mbatch`. */
  beforeTrainingIteration?: Callback;
  /** May replace `mbatch` for the last time, and weigh the criterion with `scaleCriterion()`. */
  beforeForward?: Callback;
  /** Shows `mbOutput`; may add to the loss with `addLossTerm()`. Splits the step. */
  afterForward?: Callback;
  /** Shows `loss`; may add to the loss with `addLossTerm()`. Splits the step. */
  beforeBackward?: Callback;
  /** Shows `gradient`, reduced over the replicas; may edit it in place. Delays the update. */
  afterBackward?: Callback;
  /** The last look at `gradient`; may edit it in place, or call `skipUpdate()`. Delays the update. */
  beforeUpdate?: Callback;
  /** Shows the new `parameters`; may write to them. */
  afterUpdate?: Callback;
  /** Shows `loss` and `mbOutput`; may write to `parameters`, and call `stopTraining()`. */
  afterTrainingIteration?: Callback;
  /** May write to `parameters`, and call `stopTraining()`. */
  afterTrainingEpoch?: Callback;
  /** The experience was trained: the place to measure importances and to fill memories. */
  afterTrainingExp?: Callback;
  /** The call of `train` ends. */
  afterTraining?: Callback;
}

/** What a plugin may listen to in evaluation, in the order in which it comes. */
export interface EvalCallbacks {
  /** A call of `eval` begins, inside training or outside. */
  beforeEval?: Callback;
  /** An evaluated experience begins. Shows `experience`. */
  beforeEvalDatasetAdaptation?: Callback;
  /** May replace `adaptedDataset`, the samples that are evaluated. */
  afterEvalDatasetAdaptation?: Callback;
  /** May replace `dataloader`, and write to `parameters` what evaluation is to use. */
  beforeEvalExp?: Callback;
  /** Shows `mbatch`; may replace it. */
  beforeEvalIteration?: Callback;
  /** Shows `mbatch`; may replace it for the last time. */
  beforeEvalForward?: Callback;
  /** Shows `mbOutput`; may replace it by the predictions of the method. */
  afterEvalForward?: Callback;
  /** Shows `loss` and `mbOutput`. */
  afterEvalIteration?: Callback;
  /** The experience was evaluated; parameters that were changed for it go back. */
  afterEvalExp?: Callback;
  /** The call of `eval` ends. */
  afterEval?: Callback;
}

/** All callbacks. */
export type Callbacks = TrainingCallbacks & EvalCallbacks;

/** The name of a callback. */
export type CallbackName = keyof TrainingCallbacks | keyof EvalCallbacks;

/** Every callback of the training loop, in the order in which it comes. */
export const TRAINING_CALLBACKS = [
  "beforeTraining",
  "beforeTrainDatasetAdaptation",
  "afterTrainDatasetAdaptation",
  "beforeTrainingExp",
  "beforeTrainingEpoch",
  "beforeTrainingIteration",
  "beforeForward",
  "afterForward",
  "beforeBackward",
  "afterBackward",
  "beforeUpdate",
  "afterUpdate",
  "afterTrainingIteration",
  "afterTrainingEpoch",
  "afterTrainingExp",
  "afterTraining",
] as const satisfies readonly (keyof TrainingCallbacks)[];

/** Every callback of the evaluation loop, in the order in which it comes. */
export const EVAL_CALLBACKS = [
  "beforeEval",
  "beforeEvalDatasetAdaptation",
  "afterEvalDatasetAdaptation",
  "beforeEvalExp",
  "beforeEvalIteration",
  "beforeEvalForward",
  "afterEvalForward",
  "afterEvalIteration",
  "afterEvalExp",
  "afterEval",
] as const satisfies readonly (keyof EvalCallbacks)[];

const CALLBACKS = [...TRAINING_CALLBACKS, ...EVAL_CALLBACKS];
/** Is called by the loop, too, with other arguments. */
const OTHERS: readonly string[] = ["afterModelGrowth"];
/** What names of callbacks begin with, in Avalanche's spelling, too. */
const CALLBACK_START = /^(before|after)(_|[A-Z])/;

/**
 * Refuses a method that is called as a callback might be and is none: nobody would ever call it.
 * @param name What messages begin with.
 * @throws {TypeRefusal} If there is one, with the nearest callbacks.
 */
export function assertKnownCallbacks(plugin: object, name: string): void {
  for (let owner = plugin; owner !== Object.prototype && owner !== null; owner = Object.getPrototypeOf(owner)) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value !== "function" || !CALLBACK_START.test(key)) continue;
      if ([...CALLBACKS, ...OTHERS].includes(key)) continue;
      throw new TypeRefusal(`${name}: ${describeUnknownName("callback", key, CALLBACKS)}`);
    }
  }
}
