import type { HostTensor } from "../core/host_tensor.ts";
import { compareParameters } from "../core/remap_vector.ts";
import { chooseEngine, type EngineModel, prepareModel } from "../engine/create_engine.ts";
import type { StepRates } from "../optimizers/optimizer.ts";
import type { OptimizerRule } from "../optimizers/parameter_groups.ts";
import { countStateVectors } from "../optimizers/step_optimizer.ts";
import { type ClusterModel, type ClusterModelForm, chooseComputed, describeModelForm } from "./cluster_model.ts";
import type { ResolvedClusterOptions } from "./cluster_options.ts";
import type { AfterGradient, ComputeRequest, StepResult } from "./compute_request.ts";
import { FeatureHandle } from "./features/feature_handle.ts";
import { AnchorHandle } from "./handles/anchor_handle.ts";
import { BatchHandle } from "./handles/batch_handle.ts";
import { CommandHandle, findStatePhase } from "./handles/command_handle.ts";
import { ConstantWeights } from "./handles/constant_weights.ts";
import { HeldHandle } from "./handles/held_handle.ts";
import { OptimizerHandle } from "./handles/optimizer_handle.ts";
import { PenaltyHandle } from "./handles/penalty_handle.ts";
import { ResidentHandle } from "./handles/resident_handle.ts";
import { RowResults } from "./handles/row_results.ts";
import { requireSlot, ScratchHandle } from "./handles/scratch_handle.ts";
import type { TaskSteps } from "./handles/task_steps.ts";
import { VectorHandle } from "./handles/vector_handle.ts";
import { settleIsolation } from "./isolation.ts";
import type { LossScale } from "./loss_scale.ts";
import { createModelMemory, growModelMemory } from "./memory/model_memory.ts";
import { changeOptimizerRoom, makeOptimizerRoom, type ReplicaMemory } from "./memory/replica_memory.ts";
import { type ReplicaTimings, readRows, readTimings } from "./memory/step_timings.ts";
import type { ObjectiveWriter } from "./objective_writer.ts";
import { Phase, Word } from "./protocol/control_block.ts";
import type { ReplicaGroup } from "./protocol/replica_group.ts";
import { startReplicas } from "./supervision/start_replicas.ts";

/**
 * The coordinator's side of the replicas: whole minibatches go in, whole outputs and the reduced gradient come out. Its
 * results depend on the number of logical shards, never on the number of Workers. Calls must not overlap.
 */
export class Cluster {
  readonly options: ResolvedClusterOptions;
  /** Weights that stay as they are through an evaluation. */
  readonly constantWeights: ConstantWeights;
  /** The penalties that `AfterGradient.penalties` adds. */
  readonly penalties: PenaltyHandle;
  /** What gradients of float16 are multiplied by. */
  readonly lossScale: LossScale;
  /** Vectors that stay on a device, and what is copied there and back. */
  readonly resident: ResidentHandle;
  /** What frozen layers give, once a sample. */
  readonly features: FeatureHandle;
  /** What is computed of each row beside its outputs. */
  readonly rowResults: RowResults;
  /** What steps hold features to. */
  readonly anchors: AnchorHandle;
  /** Parameters whose gradients training steps leave out. */
  readonly held: HeldHandle;
  readonly #engineKind: EngineModel["kind"];
  readonly #group: ReplicaGroup;
  readonly #batch: BatchHandle;
  #model: ClusterModelForm;
  #memory: ReplicaMemory;
  #vectors: VectorHandle;
  readonly #scratch: ScratchHandle;
  readonly #optimizer: OptimizerHandle;
  readonly #command: CommandHandle;

  private constructor(
    model: ClusterModel,
    options: ResolvedClusterOptions,
    memory: ReplicaMemory,
    { group, prepared }: { readonly group: ReplicaGroup; readonly prepared: EngineModel },
  ) {
    this.#model = describeModelForm(model);
    this.options = options;
    this.#engineKind = prepared.kind;
    this.constantWeights = new ConstantWeights(group, prepared, options);
    this.features = new FeatureHandle(group, prepared, options);
    this.#memory = memory;
    this.#group = group;
    this.#batch = new BatchHandle(group, memory.control, model.outputSize);
    this.anchors = new AnchorHandle(group, options);
    this.held = new HeldHandle(group);
    this.#vectors = new VectorHandle(group, memory.sizes.parameters);
    this.penalties = new PenaltyHandle(group, memory);
    this.#scratch = new ScratchHandle(group);
    this.#optimizer = new OptimizerHandle(group);
    const { anchors, features, held, penalties } = this;
    const own = { batch: this.#batch, scratch: this.#scratch, taskSteps: this.taskSteps };
    this.#command = new CommandHandle({ group, ...own, anchors, features, held, penalties }, prepared, options);
    this.lossScale = this.#command.lossScale;
    this.rowResults = new RowResults(group, (request, { place, dOutput, phase }) =>
      this.#command.attend(async () => {
        await place();
        await this.#prepare(request);
        if (dOutput) this.#batch.writeOutputGradient(dOutput);
        await this.#run(phase);
      }),
    );
    this.resident = new ResidentHandle(group, memory.control, this.#command);
  }

  /**
   * Starts the replicas and hands them the model.
   * @throws {Error} If an engine cannot be loaded, or not compute on these devices; nothing is left running then.
   */
  static async start(
    model: ClusterModel,
    options: ResolvedClusterOptions,
    training: { readonly optimizer: OptimizerRule; readonly seed: number },
  ): Promise<Cluster> {
    const kind = await chooseEngine(options.engine, chooseComputed(model));
    const settled = await settleIsolation(kind, options);
    const prepared = await prepareModel(kind, chooseComputed(model), options.layerModules);
    const memory = createModelMemory(model, options, { ...training, ...prepared });
    memory.control[Word.seed] = training.seed;
    const group = await startReplicas(prepared, memory, { ...settled, hasTaskHeads: Boolean(model.taskHeads?.length) });
    await options.ranks.takeFirst([memory.parameters, memory.state]);
    const cluster = new Cluster(model, options, memory, { group, prepared });
    await cluster.#optimizer.use(training.optimizer, model);
    return cluster;
  }

  /** What the model is; its weights are `parameters` and `state`. */
  get model(): ClusterModelForm {
    return this.#model;
  }

  /** What computes: "onnxruntime", "tfjs-wasm" … */
  get engine(): string {
    return this.#group.engine;
  }

  /**
   * The live parameters [P], in shared memory. Write to them only between calls, and ask for them anew after each:
   * where they stay on a device, this brings them back.
   */
  get parameters(): Float32Array<SharedArrayBuffer> {
    this.resident.look("parameters");
    return this.#memory.parameters;
  }

  /** The live layer state [Q]. */
  get state(): Float32Array<SharedArrayBuffer> {
    return this.#memory.state;
  }

  /** The reduced gradient of the last training step [P]; may be edited before `update`. */
  get gradient(): Float32Array<SharedArrayBuffer> {
    this.resident.look("gradient");
    return requireSlot(this.#memory.gradientSlots, 0);
  }

  /** Optimizer state vectors, each [P]. */
  get optimizerState(): readonly Float32Array<SharedArrayBuffer>[] {
    this.resident.look("optimizer");
    return this.#memory.optimizer;
  }

  /** Optimizer steps since the start or the last reset. */
  get stepCount(): number {
    return this.#command.stepCount;
  }
  /** Set when a checkpoint is restored. */
  set stepCount(count: number) {
    this.#command.stepCount = count;
  }

  /** Steps of each head of a task. */
  get taskSteps(): TaskSteps {
    return this.#optimizer.taskSteps;
  }

  /** True while replicas compute something. */
  get isBusy(): boolean {
    return this.#command.isBusy;
  }

  /** Goes over to another optimizer, or other constants; `keepsState` keeps vectors and steps, where those fit. */
  async useOptimizer(optimizer: OptimizerRule, { keepsState }: { readonly keepsState: boolean }): Promise<void> {
    const count = countStateVectors(optimizer);
    const fits = count === this.#memory.optimizer.length;
    const room = fits ? undefined : makeOptimizerRoom(this.#memory, count);
    if (room) this.#memory = changeOptimizerRoom(this.#memory, room);
    await this.#optimizer.use(optimizer, this.#model, room);
    if (!keepsState || !fits) this.resetOptimizer();
  }

  /** Zeroes the optimizer's vectors and its count of steps. */
  resetOptimizer(): void {
    for (const vector of this.#memory.optimizer) vector.fill(0);
    this.resident.overwrite("optimizer");
    this.#command.resetSteps();
  }

  /** Outputs [B, C] of the samples. In training the layers' state moves on, as in `gradientStep`. */
  forward(request: ComputeRequest): Promise<HostTensor> {
    return this.#command.attend(async () => {
      await this.#prepare(request);
      this.#memory.control[Word.weightsNumber] = this.constantWeights.numberOf(request, this.#memory);
      await this.#run(Phase.forward | findStatePhase(request, this.#memory));
      return this.#batch.readOutputs({ into: request.into });
    });
  }

  /**
   * What a layer gives for the samples [B, …], channels last: features. The layers' state is left alone.
   * @throws {RangeError} If the model has no layer of that name.
   */
  activations(request: ComputeRequest, layerName: string): Promise<HostTensor> {
    return this.rowResults.activations(request, layerName);
  }

  /** The fused step: outputs, objective, reduced gradient and, if asked for, penalties and the update. */
  gradientStep(request: ComputeRequest, objective: ObjectiveWriter, after: AfterGradient = {}): Promise<StepResult> {
    return this.#command.attend(async () => {
      await this.#prepare(request);
      this.#batch.writeObjective(objective);
      const phases = await this.#command.listPhasesAfter(after, this.#memory);
      await this.#run(Phase.gradient | findStatePhase(request, this.#memory) | phases);
      const finite = this.#command.settle(after, this.#memory);
      return { output: this.#batch.readOutputs(request), objective: this.#batch.sumObjective(), isFinite: finite };
    });
  }

  /** The second half of the split step, for dLoss/dOutput [B, C] of the whole minibatch. The state is left alone. */
  backward(request: ComputeRequest, dOutput: Float32Array, after: AfterGradient = {}): Promise<void> {
    return this.#command.attend(async () => {
      await this.#prepare(request);
      this.#batch.writeOutputGradient(dOutput);
      const phases = request.perSample ? 0 : await this.#command.listPhasesAfter(after, this.#memory);
      await this.#run(Phase.backward | phases);
      this.#command.settle(after, this.#memory);
    });
  }

  /** The optimizer step alone, along `gradient` as it stands. */
  update(rates: StepRates): Promise<void> {
    return this.#command.attend(() => this.#command.update(rates, this.#memory));
  }

  /** The reduced gradient of the last request with `scratch`. Borrowed until the next such request. */
  get scratchGradient(): Float32Array<SharedArrayBuffer> {
    return this.#scratch.at(0);
  }

  /** The gradient of one sample of the last request with `perSample`. Borrowed until the next such request. */
  gradientOfSample(index: number): Float32Array<SharedArrayBuffer> {
    return this.#scratch.at(index);
  }

  /** Where each replica's time went in the last command, for measurements. The caller owns the result. */
  readTimings(): ReplicaTimings[] {
    return readTimings(this.#memory.timings);
  }

  /** Rows of the last minibatch that each replica computed. The caller owns the result. */
  countRows(): number[] {
    return readRows(this.#memory.control, this.#memory.sizes.replicas);
  }

  /**
   * Goes over to a model that has grown, in the replicas that run. Penalties, and the optimizer's vectors with its
   * count of steps (anew where all that was trained is frozen), are carried over, zero where nothing was; borrowed
   * vectors are stale.
   * @throws {Error} If an engine cannot be loaded; the cluster is closed then.
   */
  async replaceModel(model: ClusterModel): Promise<void> {
    const change = compareParameters(this.#model, model);
    this.resident.bringBackAll();
    const prepared = await prepareModel(this.#engineKind, chooseComputed(model), this.options.layerModules);
    const memory = growModelMemory(this.#memory, model, { ...change, movesState: prepared.movesState });
    if (change.frozen?.size === change.from.entries.length) this.#command.resetSteps();
    try {
      await this.#group.send({ kind: "loadModel", model: prepared, memory });
      await this.#optimizer.follow(model);
    } catch (error) {
      // Some replicas may have the new model and others the old.
      await this.close();
      throw error;
    }
    await this.options.ranks.takeFirst([memory.parameters, memory.state]);
    this.constantWeights.changeModel(prepared);
    this.#command.changeModel(prepared);
    await this.features.changeModel(prepared);
    this.penalties.move(memory, change);
    this.#batch.changeOutputSize(model.outputSize);
    for (const handle of [this.rowResults, this.anchors, this.held, this.#scratch]) handle.forget();
    this.#vectors = new VectorHandle(this.#group, model.layout.size);
    this.#memory = memory;
    this.#model = describeModelForm(model);
  }

  /** Ends the replicas. May be called more than once. */
  async close(): Promise<void> {
    this.#command.close();
    await this.#group.close();
    await this.features.close();
  }

  #prepare = (request: ComputeRequest) => this.#command.prepare(request, this.#memory, this.#vectors);
  #run = (phases: number) => this.#command.run(phases, this.#memory);
}
