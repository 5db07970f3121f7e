import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { Dataset } from "../../data/dataset.ts";
import type { Mixing } from "../../data/transforms/mixing.ts";
import type { DataLoader } from "../../memory/loaders/data_loader.ts";
import type { Experience } from "../../streams/experience.ts";
import { type AssignableAttribute, assertAssignable } from "./assignments.ts";
import { CallGuard, type CallMoment } from "./call_guard.ts";
import { LabelGuard } from "./label_guard.ts";
import type { PluginDispatcher } from "./plugin_dispatcher.ts";
import type { StepPlan } from "./step_plan.ts";
import type { TrainOptions } from "./train_options.ts";
import type { TrainingStep } from "./training_step.ts";

const EMPTY_OUTPUT: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

/** In the place of a minibatch's outputs that several ranks have not sent to each other. */
export const OUTPUTS_ELSEWHERE: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

/** Where a training or evaluation loop stands. The loop writes here; plugins see it as the strategy's attributes. */
export class LoopState {
  isTraining = false;
  currentEvalStream: readonly Experience[] = [];
  experience: Experience | undefined;
  adaptedDataset = Dataset.empty();
  dataloader: DataLoader | undefined;
  mbatch = Dataset.empty();
  /** Read from `mbatch` at the first use. */
  mbX: HostTensor | undefined;
  /** How the samples of the training iteration under way are mixed. */
  mixing: Mixing | undefined;
  mbOutput = EMPTY_OUTPUT;
  loss = 0;
  /** Number from 1 of the training iteration under way, as which samples are augmented; 0 where there is none. */
  augmentation = 0;
  plan: StepPlan = { fused: false, updateWithReduction: false, reasons: ["nothing was trained yet"] };
  /** Of the `train` call under way; none where there is no call. */
  trainOptions: TrainOptions = {};
  /** What the `train` call under way evaluates, each group by a call of its own. */
  evalGroups: readonly (readonly Experience[])[] = [];
  readonly #dispatcher: PluginDispatcher;
  readonly labels = new LabelGuard();
  readonly calls = new CallGuard();
  /** The step of the training iteration under way. Plugins reach it from evaluations inside the iteration, too. */
  #step: TrainingStep | undefined;
  /** Loops that are under way: `train`, `eval`, or a prediction. */
  #openLoops = 0;

  constructor(dispatcher: PluginDispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** True while a loop is under way. */
  get isOpen(): boolean {
    return this.#openLoops > 0;
  }

  /** Notes that a loop is under way, called by no plugin. The result notes that it has ended. */
  open(): () => void {
    const restoreCaller = this.#dispatcher.suspend();
    this.#openLoops += 1;
    return () => {
      this.#openLoops -= 1;
      restoreCaller();
    };
  }

  /** A call of `train` begins. The result ends it. @throws {RefusalError} If another call is under way. */
  beginTraining(): () => void {
    const endCall = this.calls.beginTraining();
    const close = this.open();
    return () => {
      close();
      endCall();
    };
  }

  /** The same for a call of `eval`, which may be inside one of `train`. */
  beginEvaluation({ isComputing }: Pick<CallMoment, "isComputing">): () => void {
    const isInCallback = this.#dispatcher.place !== undefined;
    const endCall = this.calls.beginEvaluation({ isInCallback, isComputing });
    const close = this.openEvaluation();
    return () => {
      close();
      endCall();
    };
  }

  /** The same for an evaluation, which may be inside another loop. The result also puts everything back. */
  openEvaluation(): () => void {
    const saved = { ...this };
    const close = this.open();
    this.isTraining = false;
    this.augmentation = 0;
    return () => {
      close();
      Object.assign(this, saved);
    };
  }

  /** @throws {RangeRefusal} If its class ids or task labels stand for other labels than before. */
  beginExperience(experience: Experience): void {
    this.labels.admit(experience);
    this.experience = experience;
  }

  beginMinibatch(samples: Dataset): void {
    this.mbatch = samples;
    this.mbX = undefined;
    this.mixing = undefined;
  }

  beginStep(step: TrainingStep): void {
    this.#step = step;
  }

  endStep(): void {
    this.#step = undefined;
    this.augmentation = 0;
    this.mixing = undefined;
  }

  /** The step under way. @throws {RefusalError} Outside a training iteration; the message begins with `act`. */
  currentStep(act: string): TrainingStep {
    if (this.#step) return this.#step;
    throw new RefusalError(`${act} must be called inside a training iteration, by a plugin or an overridden step`);
  }

  /** @throws {RefusalError} If the minibatch's outputs lie on several ranks. */
  readOutput(): HostTensor {
    if (this.mbOutput !== OUTPUTS_ELSEWHERE) return this.mbOutput;
    const cure = "read it in afterUpdate or afterTrainingIteration, where readsOutputs is not false";
    throw new RefusalError(`strategy.mbOutput was not gathered from the other ranks: ${cure}`);
  }

  /** Drops the samples of a loop that has ended. */
  forgetSamples(): void {
    this.adaptedDataset = Dataset.empty();
    this.dataloader = undefined;
    this.beginMinibatch(Dataset.empty());
    this.mbOutput = EMPTY_OUTPUT;
  }

  /** @throws {RefusalError} If an assignment here would change nothing. */
  assertAssignable(attribute: AssignableAttribute): void {
    assertAssignable(attribute, this.isOpen ? (this.#dispatcher.place ?? "loop") : undefined);
  }
}
