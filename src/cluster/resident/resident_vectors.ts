import { elementAt } from "../../core/element_at.ts";
import type { ParameterLayout } from "../../core/parameter_layout.ts";
import { DeviceVector } from "../../engine/device/device_vector.ts";
import type { DeviceComputer } from "../../engine/device/vector_program.ts";
import { Hyper } from "../memory/replica_memory.ts";
import { Phase, Word } from "../protocol/control_block.ts";
import { mayUpdate } from "../replica/after_barrier.ts";
import type { ReplicaState } from "../replica/replica_state.ts";
import { ALL_GROUPS, ResidentGroup } from "./resident_group.ts";
import { ResidentOptimizer, VectorPair } from "./resident_optimizer.ts";
import { ResidentReduction } from "./resident_reduction.ts";

/**
 * The flat vectors of a model whose replica computes on a device with memory of its own: parameters, gradients, the
 * optimizer's state and penalties stay there, and so does the arithmetic of a step. Two words of the control block say
 * which copies are out of date. The coordinator sets `hostChanged` when somebody may write to a vector, which is then
 * brought to the device with the commands that need it. `deviceChanged` is set here, and what it names is brought back
 * when somebody looks.
 */
export class ResidentVectors {
  readonly #computer: DeviceComputer;
  readonly #layout: ParameterLayout;
  readonly #known: ReplicaState;
  readonly #parameters: VectorPair;
  readonly #reduction: ResidentReduction;
  readonly #slots: DeviceVector[] = [];
  #state: VectorPair[] = [];
  #optimizer: ResidentOptimizer | undefined;
  #gradient: DeviceVector | undefined;
  /** What the device has not: everything at first. */
  #missing: number = ALL_GROUPS;
  /**
   * What somebody may be writing to: who asked for a vector may hold it until the device has changed it. It is brought
   * to the device with each command until then.
   */
  #held = 0;

  constructor(computer: DeviceComputer, layout: ParameterLayout, known: ReplicaState) {
    this.#computer = computer;
    this.#layout = layout;
    this.#known = known;
    this.#parameters = new VectorPair(() => this.#create());
    this.#reduction = new ResidentReduction(computer, () => this.#create());
    known.memory.control[Word.deviceChanged] = 0;
  }

  /** Brings what others may have written to the device, as far as a command with these phases needs it. */
  receive(phases: number): void {
    const { control, parameters, gradientSlots, optimizer } = this.#known.memory;
    this.#held |= elementAt(control, Word.hostChanged);
    control[Word.hostChanged] = 0;
    const needed = this.#listNeeded(phases) & (this.#held | this.#missing);
    this.#missing &= ~needed;
    if (needed & ResidentGroup.parameters) this.#parameters.now.upload(parameters);
    if (needed & ResidentGroup.optimizer) {
      this.#fitState(optimizer.length);
      for (const [i, pair] of this.#state.entries()) pair.now.upload(elementAt(optimizer, i));
    }
    if (needed & ResidentGroup.gradient) {
      this.#gradient = this.#reduction.sum;
      this.#gradient.upload(elementAt(gradientSlots, 0));
    }
    if (needed & ResidentGroup.penalties) {
      this.#reduction.uploadPenalties(this.#known.penalties);
      this.#held &= ~ResidentGroup.penalties;
    }
  }

  /** Notes that a vector was replaced in ordinary memory. */
  miss(group: (typeof ResidentGroup)[keyof typeof ResidentGroup]): void {
    this.#missing |= group;
  }

  /** Another rule steps from now on. */
  changeOptimizer(): void {
    this.#optimizer?.release();
    this.#optimizer = undefined;
  }

  /** The parameters that graphs read. */
  get parameters(): DeviceVector {
    return this.#parameters.now;
  }

  /** Where the gradient of a shard goes. */
  slotOf(shard: number): DeviceVector {
    while (this.#slots.length <= shard) this.#slots.push(this.#create());
    return elementAt(this.#slots, shard);
  }

  /** Adds up the gradients, adds penalties and steps, as the phases say: what a replica does after the barrier. */
  update(phases: number): void {
    const { control, hyper, penaltySums } = this.#known.memory;
    if (phases & Phase.reduce) {
      const count = phases & Phase.penalties ? this.#known.penalties.length : 0;
      const scales = Array.from({ length: count }, (_, i) => elementAt(hyper, Hyper.firstPenaltyScale + i));
      const slots = Array.from({ length: elementAt(control, Word.shardCount) }, (_, shard) => this.slotOf(shard));
      const { gradient, penalty } = this.#reduction.reduce({ slots, parameters: this.parameters }, scales);
      this.#gradient = gradient;
      if (phases & Phase.penalties) penaltySums.fill(0).set([penalty].slice(0, penaltySums.length));
      this.#noteChange(ResidentGroup.gradient);
    }
    if (mayUpdate(this.#known, phases)) this.#step();
  }

  /** Brings groups of vectors back to ordinary memory, those that are newer on the device. */
  bringBack(groups: number): void {
    const { control, parameters, gradientSlots, optimizer } = this.#known.memory;
    const wanted = groups & elementAt(control, Word.deviceChanged);
    if (wanted & ResidentGroup.parameters) this.#parameters.now.download(parameters);
    if (wanted & ResidentGroup.gradient) this.#gradient?.download(elementAt(gradientSlots, 0));
    if (wanted & ResidentGroup.optimizer) {
      for (const [i, pair] of this.#state.entries()) pair.now.download(elementAt(optimizer, i));
    }
    control[Word.deviceChanged] = elementAt(control, Word.deviceChanged) & ~wanted;
  }

  /** Frees the device's memory. */
  release(): void {
    for (const part of [this.#parameters, this.#reduction, ...this.#slots, ...this.#state]) part.release();
    this.#optimizer?.release();
    this.#slots.length = 0;
    this.#state = [];
    this.#optimizer = undefined;
  }

  #step(): void {
    const { memory, optimizer, segments } = this.#known;
    const gradient = this.#gradient;
    if (!optimizer || !gradient) return;
    const pairs = { parameters: this.#parameters, state: this.#state, gradient };
    this.#optimizer ??= new ResidentOptimizer(this.#computer, { optimizer, segments }, pairs);
    const { control, hyper } = memory;
    const rateOf = (group: number) =>
      elementAt(hyper, group === 0 ? Hyper.learningRate : Hyper.firstGroupRate + group - 1);
    this.#optimizer.step(pairs, { count: elementAt(control, Word.stepCount), rateOf });
    this.#noteChange(ResidentGroup.parameters | ResidentGroup.optimizer);
  }

  /** The groups that a command with these phases reads, as far as they are not made anew by it. */
  #listNeeded(phases: number): number {
    const updates = (phases & Phase.update) !== 0;
    const usesParameters = elementAt(this.#known.memory.control, Word.vector) === 0 || updates;
    return (
      (usesParameters ? ResidentGroup.parameters : 0) |
      (updates ? ResidentGroup.optimizer : 0) |
      (updates && !(phases & Phase.reduce) ? ResidentGroup.gradient : 0) |
      (phases & Phase.penalties ? ResidentGroup.penalties : 0)
    );
  }

  #noteChange(groups: number): void {
    const { control } = this.#known.memory;
    this.#held &= ~groups;
    this.#missing &= ~groups;
    control[Word.deviceChanged] = elementAt(control, Word.deviceChanged) | groups;
  }

  #fitState(count: number): void {
    if (this.#state.length === count) return;
    for (const pair of this.#state) pair.release();
    this.#state = Array.from({ length: count }, () => new VectorPair(() => this.#create()));
    this.changeOptimizer();
  }

  #create(): DeviceVector {
    return new DeviceVector(this.#computer.memory, this.#layout);
  }
}
