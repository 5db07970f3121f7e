import { elementAt } from "../../core/element_at.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import type { DeviceView } from "../../engine/device/device_memory.ts";
import type { DeviceVector } from "../../engine/device/device_vector.ts";
import type { DeviceComputer, VectorProgram } from "../../engine/device/vector_program.ts";
import type { PenaltyVectors } from "../penalty.ts";
import { buildReductionGraph, namePenalty, nameSlot } from "./reduction_graph.ts";
import { StepNumbers } from "./step_numbers.ts";

/** A reduction that is loaded, with its numbers. */
interface LoadedReduction {
  readonly program: VectorProgram;
  readonly factors: StepNumbers;
  readonly sums: StepNumbers;
}

/** Adds up gradients and penalties on a device. */
export class ResidentReduction {
  readonly #computer: DeviceComputer;
  readonly #create: () => DeviceVector;
  readonly #loaded = new Map<string, LoadedReduction>();
  #penalties: { readonly a: DeviceVector; readonly b: DeviceVector }[] = [];
  #sum: DeviceVector | undefined;

  constructor(computer: DeviceComputer, create: () => DeviceVector) {
    this.#computer = computer;
    this.#create = create;
  }

  /** Memory for the sum; not that of a shard, over which nothing may be written while it is read. */
  get sum(): DeviceVector {
    this.#sum ??= this.#create();
    return this.#sum;
  }

  /** Brings the vectors of the penalties to the device. */
  uploadPenalties(penalties: readonly PenaltyVectors[]): void {
    while (this.#penalties.length > penalties.length) this.#dropPenalty();
    while (this.#penalties.length < penalties.length) this.#penalties.push({ a: this.#create(), b: this.#create() });
    for (const [i, { a, b }] of penalties.entries()) {
      const places = elementAt(this.#penalties, i);
      places.a.upload(a);
      places.b.upload(b);
    }
  }

  /**
   * Adds up the gradients of shards and of penalties.
   * @param scales One a penalty; empty adds none.
   * @returns Where the gradient is, and Σ scale · Σ θ(aθ − 2b).
   */
  reduce(
    { slots, parameters }: { readonly slots: readonly DeviceVector[]; readonly parameters: DeviceVector },
    scales: readonly number[],
  ): { readonly gradient: DeviceVector; readonly penalty: number } {
    const first = elementAt(slots, 0);
    if (slots.length === 1 && scales.length === 0) return { gradient: first, penalty: 0 };
    const key = `${slots.length} ${scales.length}`;
    const { program, factors, sums } = findOrCreate(this.#loaded, key, () =>
      this.#load({ slots: slots.length, penalties: scales.length, length: first.paddedLength }),
    );
    factors.write(scales.map((scale) => 2 * scale));
    const values = new Map<string, DeviceView>([...factors.listViews(), ...sums.listViews()]);
    for (const [shard, slot] of slots.entries()) values.set(nameSlot(shard), slot.whole);
    for (const i of scales.keys()) {
      const { a, b } = elementAt(this.#penalties, i);
      values.set(namePenalty(i, "a"), a.whole);
      values.set(namePenalty(i, "b"), b.whole);
    }
    values.set("parameters", parameters.whole);
    values.set("gradient", this.sum.whole);
    program.run(values);
    return { gradient: this.sum, penalty: scales.length > 0 ? addSums(sums.read(), scales) : 0 };
  }

  release(): void {
    for (const { program, factors, sums } of this.#loaded.values()) {
      for (const part of [program, factors, sums]) part.release();
    }
    this.#loaded.clear();
    while (this.#penalties.length > 0) this.#dropPenalty();
    this.#sum?.release();
    this.#sum = undefined;
  }

  #load(shape: Parameters<typeof buildReductionGraph>[0]): LoadedReduction {
    const { memory } = this.#computer;
    const indices = Array.from({ length: shape.penalties }, (_, i) => i);
    const sums = indices.flatMap((i) => ["high", "low"].map((part) => `${namePenalty(i, "sum")}/${part}`));
    return {
      program: this.#computer.load(buildReductionGraph(shape)),
      factors: new StepNumbers(
        memory,
        indices.map((i) => namePenalty(i, "factor")),
      ),
      sums: new StepNumbers(memory, sums),
    };
  }

  #dropPenalty(): void {
    const dropped = this.#penalties.pop();
    dropped?.a.release();
    dropped?.b.release();
  }
}

function addSums(sums: readonly number[], scales: readonly number[]): number {
  return scales.reduce((total, scale, i) => total + scale * (elementAt(sums, 2 * i) + elementAt(sums, 2 * i + 1)), 0);
}
