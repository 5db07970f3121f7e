import { elementAt } from "../../core/element_at.ts";
import type { DeviceView } from "../../engine/device/device_memory.ts";
import type { DeviceVector } from "../../engine/device/device_vector.ts";
import type { DeviceComputer, VectorProgram } from "../../engine/device/vector_program.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import type { OptimizerSegment } from "../../optimizers/parameter_groups.ts";
import { buildOptimizerGraph, nameNext, nameState, nameValue } from "./optimizer_graph.ts";
import { listStepNumbers, type StepLength } from "./optimizer_rules.ts";
import { StepNumbers } from "./step_numbers.ts";

/** How an optimizer steps. */
export interface ResidentRule {
  readonly optimizer: OptimizerSpec;
  /** Empty where there are no groups of parameters. */
  readonly segments: readonly OptimizerSegment[];
}

/** A vector on the device, and other memory for what it becomes: no graph may write over what it reads. */
export class VectorPair {
  #now: DeviceVector;
  #next: DeviceVector | undefined;
  readonly #create: () => DeviceVector;

  constructor(create: () => DeviceVector) {
    this.#create = create;
    this.#now = create();
  }

  get now(): DeviceVector {
    return this.#now;
  }

  /** Made when it is first asked for: not all vectors change. */
  get next(): DeviceVector {
    this.#next ??= this.#create();
    return this.#next;
  }

  /** What was next is now. */
  turn(): void {
    [this.#now, this.#next] = [this.next, this.#now];
  }

  release(): void {
    this.#now.release();
    this.#next?.release();
  }
}

/** The optimizer's step on a device. */
export class ResidentOptimizer {
  readonly #parts: readonly OptimizerSegment[];
  readonly #numbers: StepNumbers;
  readonly #program: VectorProgram;
  readonly #changesState: readonly boolean[];

  /** @param pairs The parameters and the state, by the layout of `parameters`. */
  constructor(
    computer: DeviceComputer,
    { optimizer, segments }: ResidentRule,
    pairs: { readonly parameters: VectorPair; readonly state: readonly VectorPair[] },
  ) {
    const { now } = pairs.parameters;
    this.#parts = segments.length > 0 ? segments : [{ start: 0, end: now.length, group: 0, spec: optimizer }];
    const parts = this.#parts.map((part) => ({
      spec: part.spec,
      length: now.range(part).sizeBytes / Float32Array.BYTES_PER_ELEMENT,
      numbers: Object.keys(listStepNumbers(part.spec, { learningRate: 0, count: 1 })),
    }));
    const names = parts.flatMap(({ numbers }, i) => numbers.map((name) => nameValue(i, name)));
    const { graph, changesState } = buildOptimizerGraph(parts, pairs.state.length);
    this.#program = computer.load(graph);
    this.#numbers = new StepNumbers(computer.memory, names);
    this.#changesState = changesState;
  }

  /**
   * One step along the gradient.
   * @param step The learning rate of the group of a number, 0 for parameters of none.
   */
  step(
    pairs: { readonly parameters: VectorPair; readonly state: readonly VectorPair[]; readonly gradient: DeviceVector },
    { count, rateOf }: Pick<StepLength, "count"> & { readonly rateOf: (group: number) => number },
  ): void {
    const { parameters, state, gradient } = pairs;
    this.#numbers.write(
      this.#parts.flatMap(({ group, spec }) => {
        return Object.values(listStepNumbers(spec, { learningRate: rateOf(group), count }));
      }),
    );
    const values = new Map<string, DeviceView>(this.#numbers.listViews());
    for (const [i, part] of this.#parts.entries()) {
      const set = (name: string, vector: DeviceVector) => values.set(nameValue(i, name), vector.range(part));
      set("parameters", parameters.now);
      set(nameNext("parameters"), parameters.next);
      set("gradient", gradient);
      for (const [k, pair] of state.entries()) {
        set(nameState(k), pair.now);
        if (this.#changesState[k]) set(nameNext(nameState(k)), pair.next);
      }
    }
    this.#program.run(values);
    parameters.turn();
    for (const [k, isChanged] of this.#changesState.entries()) if (isChanged) elementAt(state, k).turn();
  }

  release(): void {
    this.#program.release();
    this.#numbers.release();
  }
}
