import { elementAt } from "../../core/element_at.ts";
import { RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import type { EngineModel } from "../../engine/create_engine.ts";
import type { StepRates } from "../../optimizers/optimizer.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import type { AfterGradient, ComputeRequest } from "../compute_request.ts";
import type { FeatureHandle } from "../features/feature_handle.ts";
import { LossScale } from "../loss_scale.ts";
import { Hyper, type ReplicaMemory } from "../memory/replica_memory.ts";
import { countShards } from "../memory/shards.ts";
import { Phase, ROW_MEASURES, Word } from "../protocol/control_block.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import type { AnchorHandle } from "./anchor_handle.ts";
import type { BatchHandle } from "./batch_handle.ts";
import { GraphHandle, type GraphOptions } from "./graph_handle.ts";
import type { HeldHandle } from "./held_handle.ts";
import { writeRates } from "./optimizer_handle.ts";
import type { PenaltyHandle } from "./penalty_handle.ts";
import type { ScratchHandle } from "./scratch_handle.ts";
import type { TaskSteps } from "./task_steps.ts";
import type { VectorHandle } from "./vector_handle.ts";

const CLOSED =
  "the replicas were closed: await what is computed before closing (inside `await using`, write `return await …`)";

/** The handles that a request is written through, beside the control block. */
export interface RequestHandles {
  readonly group: ReplicaGroup;
  readonly batch: BatchHandle;
  readonly penalties: PenaltyHandle;
  readonly scratch: ScratchHandle;
  readonly features: FeatureHandle;
  readonly anchors: AnchorHandle;
  readonly held: HeldHandle;
  readonly taskSteps: TaskSteps;
}

/**
 * Coordinator-side handle to the control block: writes requests there, one at a time, and has the replicas execute
 * them.
 */
export class CommandHandle {
  /** Optimizer steps since the start or the last reset. */
  stepCount = 0;
  readonly #handles: RequestHandles;
  readonly #graphs: GraphHandle;
  /** Of steps in half precision. */
  readonly lossScale: LossScale;
  readonly #logicalShards: number;
  #isBusy = false;
  #isClosed = false;
  #skipsUpdate = false;

  constructor(
    handles: RequestHandles,
    model: EngineModel,
    options: GraphOptions & Pick<ResolvedClusterOptions, "logicalShards">,
  ) {
    this.#handles = handles;
    this.#graphs = new GraphHandle(handles.group, model, options);
    this.#logicalShards = options.logicalShards;
    this.lossScale = new LossScale(options.precision);
  }

  /** The replicas compute another model from now on. */
  changeModel(model: EngineModel): void {
    this.#graphs.changeModel(model);
  }

  /** True while a request is worked on. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** No request is taken from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Does the work of one request, from its preparation to its results.
   * @throws {RefusalError} If another one is worked on, or the replicas were closed.
   */
  async attend<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new RefusalError(CLOSED);
    if (this.#isBusy) {
      const cure = "await train, eval, forwardWith, gradientOn and the like one after another";
      throw new RefusalError(`two computations of one strategy at the same time: ${cure}`);
    }
    this.#isBusy = true;
    try {
      return await work();
    } catch (cause) {
      // The engine's own words for it differ.
      if (this.#isClosed) throw new RefusalError(CLOSED, { cause });
      throw cause;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Writes all but the phases. @param vectors The table of parameter vectors beside the model's own. */
  async prepare(
    request: ComputeRequest,
    { control, hyper, sizes, state }: ReplicaMemory,
    vectors: VectorHandle,
  ): Promise<void> {
    const { batch, scratch, features, anchors, held, taskSteps } = this.#handles;
    if (request.samples.length === 0) throw new RangeRefusal("a minibatch must have at least one sample");
    if (request.scratch) await scratch.allocate(sizes);
    await batch.place(request);
    await features.prepare(request, state);
    await held.publish();
    if (request.anchor) await anchors.place(request.anchor);
    control[Word.anchored] = request.anchor ? 1 : 0;
    control[Word.vector] = request.parameters ? await vectors.place(request.parameters) : 0;
    control[Word.shardCount] = request.perSample
      ? request.samples.length
      : countShards(request.samples.length, this.#logicalShards);
    control[Word.firstShard] = 0;
    control[Word.endShard] = elementAt(control, Word.shardCount);
    control[Word.training] = request.training ? 1 : 0;
    control[Word.dropoutStep] = request.dropoutStep;
    control[Word.scratch] = request.scratch ? 1 : 0;
    control[Word.rowMeasure] = request.rowMeasure ? 1 + ROW_MEASURES.indexOf(request.rowMeasure) : 0;
    control[Word.wantsOutputs] = request.outputs === false ? 0 : 1;
    control[Word.notFinite] = 0;
    control[Word.overflow] = 0;
    hyper[Hyper.lossScale] = isTrainingStep(request) ? this.lossScale.value : 0;
    if (isTrainingStep(request)) taskSteps.note(() => request.samples.targetsTaskLabels);
  }

  /** Publishes penalties and the learning rates. Returns the phases after the gradient. */
  async listPhasesAfter({ penalties, update }: AfterGradient, { hyper }: ReplicaMemory): Promise<number> {
    let phases: number = Phase.reduce;
    if (penalties && this.#handles.penalties.count > 0) {
      await this.#handles.penalties.publish();
      phases |= Phase.penalties;
    }
    if (update) {
      writeRates(hyper, update);
      this.#handles.taskSteps.publish(phases & Phase.penalties ? "all" : undefined);
      phases |= Phase.update;
    }
    return phases;
  }

  /**
   * Follows what became of a gradient: counts the step that it made. One that was too large for float16 has made none;
   * it is zero from now on, and the update that was to follow is left out.
   * @returns False where a loss was not finite.
   * @throws {RangeError} If float16 does not hold the gradients at any loss scale.
   */
  settle({ update }: AfterGradient, { control, hyper, gradientSlots }: ReplicaMemory): boolean {
    if (control[Word.notFinite] === 1) return false;
    const hasOverflowed = control[Word.overflow] === 1;
    if (elementAt(hyper, Hyper.lossScale) > 0) this.lossScale.follow(hasOverflowed);
    if (hasOverflowed) {
      elementAt(gradientSlots, 0).fill(0);
      this.#skipsUpdate = update === undefined;
    } else if (update) this.#countStep();
    return true;
  }

  /** The optimizer step alone, unless it is to be left out. */
  async update(rates: StepRates, memory: ReplicaMemory): Promise<void> {
    const { control, hyper } = memory;
    const isSkipped = this.#skipsUpdate;
    this.#skipsUpdate = false;
    control[Word.scratch] = 0;
    control[Word.notFinite] = 0;
    control[Word.overflow] = 0;
    writeRates(hyper, rates);
    if (isSkipped) return;
    this.#handles.taskSteps.publish(this.#handles.penalties.count > 0 ? "all" : memory.gradientSlots[0]);
    await this.run(Phase.update, memory);
    this.#countStep();
  }

  /** The optimizer begins anew. */
  resetSteps(): void {
    this.stepCount = 0;
    this.#handles.taskSteps.reset();
  }

  #countStep(): void {
    this.stepCount += 1;
    this.#handles.taskSteps.advance();
  }

  async run(phases: number, { control }: ReplicaMemory): Promise<void> {
    control[Word.phases] = phases;
    control[Word.stepCount] = this.stepCount + 1;
    const { anchors, held } = this.#handles;
    await this.#graphs.provide(phases, control, { anchoredLayer: anchors.layerName, held: held.names });
    await this.#handles.group.run();
  }
}

/** State follows training of the model itself, not side computations. */
export function findStatePhase(request: ComputeRequest, { sizes }: ReplicaMemory): number {
  return isTrainingStep(request) && sizes.state > 0 && sizes.movesState ? Phase.state : 0;
}

function isTrainingStep({ training, scratch, parameters }: ComputeRequest): boolean {
  return training && scratch !== true && parameters === undefined;
}
