import { elementAt } from "../../core/element_at.ts";
import type { ValueInfo } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { addScan, elementType } from "./add_scan.ts";

/** A sequence that is read or written, and where the way there began in it. */
interface Passed {
  /** In the body. */
  readonly value: ValueName;
  readonly fromEnd: boolean;
}

/** A sequence [T, …] that the Scan will give, or one that is there already. */
export type StackReference = { readonly source: ValueName } | { readonly place: number };

/** A Scan from the last step to the first, as it is put together. */
export class BackwardScan {
  readonly #body: GraphBuilder;
  readonly #graph: GraphBuilder;
  readonly #states: { readonly value: ValueName; readonly first: ValueName }[] = [];
  readonly #read: (Passed & { readonly source: ValueName })[] = [];
  readonly #nextStates: ValueName[] = [];
  readonly #stacked: Passed[] = [];

  constructor(body: GraphBuilder, graph: GraphBuilder) {
    this.#body = body;
    this.#graph = graph;
  }

  /** A state that begins as `first`; gives its value in the body. */
  addState(first: ValueName): ValueName {
    const name = `${this.#body.prefix}gradient${this.#states.length}`;
    const value = this.#body.receive(name, this.#graph.typeOf(first));
    this.#states.push({ value, first });
    return value;
  }

  /** The part of `source` [T, …] that belongs to a step; `fromEnd` says whether the way there began at its end. */
  read(source: ValueName, fromEnd: boolean): ValueName {
    const name = `${this.#body.prefix}read${this.#read.length}`;
    const value = this.#body.receive(name, elementType(source, this.#graph));
    this.#read.push({ value, source, fromEnd });
    return value;
  }

  /** What the next state becomes, in the order of the states. */
  setNextState(value: ValueName): void {
    this.#nextStates.push(value);
  }

  /** A value of every step as a sequence, in the order of those that were read with that `fromEnd`. */
  stack(value: ValueName, fromEnd: boolean): StackReference {
    const isSame = (passed: Passed) => passed.value === value && passed.fromEnd === fromEnd;
    const known = this.#read.find(isSame);
    if (known) return { source: known.source };
    const place = this.#stacked.findIndex(isSame);
    return { place: place >= 0 ? place : this.#stacked.push({ value, fromEnd }) - 1 };
  }

  /** Adds the Scan; gives the states after its last step, and where to find what was stacked. */
  finish(): { readonly last: readonly ValueName[]; readonly stackOf: (reference: StackReference) => ValueName } {
    const body = this.#body;
    const describe = ({ value }: { readonly value: ValueName }): ValueInfo => ({ name: value, ...body.typeOf(value) });
    const outputs = addScan(
      {
        body,
        bodyInputs: [...this.#states, ...this.#read].map(describe),
        bodyOutputs: [...this.#nextStates, ...this.#stacked.map(({ value }) => value)],
        inputs: [...this.#states.map(({ first }) => first), ...this.#read.map(({ source }) => source)],
        // Backwards: the last step of a way that began at the start is at the end, and is written in front.
        inputDirections: this.#read.map(({ fromEnd }) => (fromEnd ? 0 : 1)),
        outputDirections: this.#stacked.map(({ fromEnd }) => (fromEnd ? 0 : 1)),
      },
      this.#graph,
    );
    const count = this.#states.length;
    return {
      last: outputs.slice(0, count),
      stackOf: (reference) => ("source" in reference ? reference.source : elementAt(outputs, count + reference.place)),
    };
  }
}
