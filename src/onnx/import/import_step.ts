import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Dimension, ints, type Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { multiplyDimensions, resolveAxis } from "../shape.ts";
import type { ImportedNode } from "./imported_network.ts";
import type { RowIndices, StaticTensor } from "./onnx_source.ts";
import { coefficientOf } from "./static/static_arithmetic.ts";
import { numbersOf } from "./static/static_shapes.ts";

/** What is known of a value of the file: its numbers, or the value of the graph that holds it. */
export type ImportedValue =
  | { readonly kind: "static"; readonly tensor: StaticTensor }
  | {
      readonly kind: "weight";
      readonly name: string;
      readonly isTrainable: boolean;
      readonly order?: readonly number[];
    }
  | { readonly kind: "rows"; readonly rows: RowIndices }
  | { readonly kind: "value"; readonly name: ValueName };

/** What a rule may ask for and add to. */
export interface StepContext {
  readonly graph: GraphBuilder;
  readonly mode: "train" | "eval";
  readonly opset: number;
  /** The layer that the network is: what its weights' names begin with. */
  readonly layer: string;
  readonly find: (name: string) => ImportedValue;
}

/** One node of an imported network, being added to a graph. */
export class ImportStep {
  readonly node: ImportedNode;
  readonly graph: GraphBuilder;
  readonly mode: "train" | "eval";
  readonly opset: number;
  readonly #context: StepContext;

  constructor(node: ImportedNode, context: StepContext) {
    this.node = node;
    this.graph = context.graph;
    this.mode = context.mode;
    this.opset = context.opset;
    this.#context = context;
  }

  /** Whether there is an input at this place. */
  has(place: number): boolean {
    return (this.node.inputs[place] ?? "") !== "";
  }

  /** The input at a place as a value of the graph. @throws {RangeError} If there is none. */
  value(place: number): ValueName {
    const found = this.#find(place);
    switch (found.kind) {
      case "value":
        return found.name;
      case "weight": {
        const parameter = this.graph.parameter(`${this.#context.layer}/${found.name}`);
        return found.order ? this.graph.node("Transpose", [parameter], { perm: ints(found.order) }) : parameter;
      }
      case "static":
        return this.graph.constant(numbersOf(found.tensor), found.tensor.shape);
      case "rows":
        throw this.refuse(`its input ${this.node.inputs[place]} numbers the rows, which no values can be made of`);
    }
  }

  /** The values of the inputs from a place on, those that are left out left out. */
  values(from = 0): ValueName[] {
    return this.node.inputs.flatMap((_, i) => (i >= from && this.has(i) ? [this.value(i)] : []));
  }

  /** The input's numbers, where they are known. */
  static(place: number): StaticTensor | undefined {
    if (!this.has(place)) return undefined;
    const found = this.#find(place);
    return found.kind === "static" ? found.tensor : undefined;
  }

  /** The input's numbers, where they grow from row to row. */
  rows(place: number): RowIndices | undefined {
    const found = this.has(place) ? this.#find(place) : undefined;
    return found?.kind === "rows" ? found.rows : undefined;
  }

  /** The weight at a place: its parameter's name, and whether it is trained. */
  weight(place: number): { readonly name: string; readonly isTrainable: boolean } | undefined {
    if (!this.has(place)) return undefined;
    const found = this.#find(place);
    if (found.kind !== "weight") return undefined;
    return { name: `${this.#context.layer}/${found.name}`, isTrainable: found.isTrainable };
  }

  /** The input's numbers, undefined where it is left out. @throws {RangeError} If they are not known. */
  numbers(place: number): readonly number[] | undefined {
    if (!this.has(place)) return undefined;
    const found = this.static(place);
    if (found) return numbersOf(found);
    throw new RangeRefusal(`its input ${this.node.inputs[place]} must be known before anything is run`);
  }

  /** The input's lengths, some of which may depend on the batch. @throws {RangeError} If they are not known. */
  lengths(place: number): readonly Dimension[] {
    const found = this.static(place);
    if (found) return found.values;
    throw new RangeRefusal(`its input ${this.node.inputs[place]} must be a shape that follows from the input's`);
  }

  /** The shape of the input at a place. */
  shape(place: number): Shape {
    return this.static(place)?.shape ?? this.graph.shapeOf(this.value(place));
  }

  int(name: string, fallback: number): number {
    const attribute = this.node.attributes[name];
    return attribute?.kind === "int" ? attribute.value : fallback;
  }

  float(name: string, fallback: number): number {
    const attribute = this.node.attributes[name];
    return attribute?.kind === "float" || attribute?.kind === "int" ? attribute.value : fallback;
  }

  text(name: string, fallback: string): string {
    const attribute = this.node.attributes[name];
    return attribute?.kind === "string" ? attribute.value : fallback;
  }

  texts(name: string): readonly string[] | undefined {
    const attribute = this.node.attributes[name];
    return attribute?.kind === "strings" ? attribute.value : undefined;
  }

  ints(name: string): readonly number[] | undefined {
    const attribute = this.node.attributes[name];
    return attribute?.kind === "ints" ? attribute.value : undefined;
  }

  /** Axes that stand in an attribute in old operator sets and in an input in new ones, counted from 0. */
  axes(place: number, rank: number): readonly number[] | undefined {
    return (this.ints("axes") ?? this.numbers(place))?.map((axis) => resolveAxis(axis, rank));
  }

  /** The attribute `axis`, counted from 0. */
  axis(fallback: number, rank: number): number {
    return resolveAxis(this.int("axis", fallback), rank);
  }

  /**
   * Reshape to lengths of which one may be −1 and one may depend on the batch.
   * @throws {RangeError} If more than one depends on the batch.
   */
  reshape(x: ValueName, lengths: readonly Dimension[]): ValueName {
    const total = coefficientOf(multiplyDimensions(this.graph.shapeOf(x)));
    const known = lengths.reduce<number>((product, length) => product * (length === -1 ? 1 : coefficientOf(length)), 1);
    const dependent = lengths.filter((length) => typeof length !== "number");
    if (dependent.length > 1) throw new RangeRefusal(needs("Reshape", "one length that depends on the batch", lengths));
    const numbers = lengths.map((length) => {
      if (typeof length !== "number") return -1;
      return length === -1 && dependent.length > 0 ? total / known : length;
    });
    return this.graph.node("Reshape", [x, this.graph.integers(numbers)]);
  }

  /** Why a node cannot be imported. */
  refuse(reason: string): RangeRefusal {
    return new RangeRefusal(reason);
  }

  #find(place: number): ImportedValue {
    return this.#context.find(elementAt(this.node.inputs, place));
  }
}

/** Adds what a node computes to the graph; gives its first output, or all of them. */
export type ImportRule = (step: ImportStep) => ValueName | readonly ValueName[];

/** Rules by operator. */
export type ImportRules = Readonly<Record<string, ImportRule>>;
