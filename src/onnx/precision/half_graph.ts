import { valueAt } from "../../core/element_at.ts";
import { int, type OnnxTensor, type ValueType } from "../file/onnx_model.ts";
import { DATA_TYPE_NUMBERS } from "../file/onnx_numbers.ts";
import type { Graph, GraphInput, GraphNode, ValueName } from "../graph.ts";
import type { HalfPrecision } from "./precision.ts";

/** The largest number of float16, and the smallest that has all its bits. */
const FLOAT16_RANGE = { largest: 65_504, smallest: 2 ** -14 };

/** What of a graph's inputs may be rounded to half precision where that spares its user the step to float32. */
const ROUNDED_ROLES = new Set<GraphInput["role"]["kind"]>(["parameter", "noise"]);

/**
 * A graph that grows beside the one it is made of. Each float value has one name for each precision it is there in: its
 * own in float32, one with an ending in half. A conversion is added when it is first asked for.
 */
export class HalfGraph {
  readonly nodes: GraphNode[] = [];
  readonly types: Map<ValueName, ValueType>;
  readonly precision: HalfPrecision;
  readonly #full: Set<ValueName>;
  readonly #half = new Map<ValueName, ValueName>();
  /** Nodes that make floats of something else: in either precision. */
  readonly #casts = new Map<ValueName, GraphNode>();
  readonly #rounded: ReadonlySet<ValueName>;
  readonly #computed = new Set<ValueName>();

  constructor(graph: Graph, precision: HalfPrecision) {
    this.types = new Map(graph.types);
    this.precision = precision;
    this.#full = new Set([...graph.inputs, ...graph.constants].map(({ name }) => name));
    const constants = graph.constants.filter((tensor) => fits(tensor, precision));
    const inputs = graph.inputs.filter(({ role }) => ROUNDED_ROLES.has(role.kind));
    this.#rounded = new Set([...constants, ...inputs].map(({ name }) => name));
  }

  isFloat(name: ValueName): boolean {
    return name !== "" && valueAt(this.types, name).dataType === "float32";
  }

  /** True where a value was computed in half. */
  isHalf(name: ValueName): boolean {
    return this.#computed.has(name);
  }

  /** True where a value may be rounded to half for a node whose other operands are half. */
  mayBeHalf(name: ValueName): boolean {
    return this.#computed.has(name) || this.#rounded.has(name) || this.#casts.has(name);
  }

  /** The name of a float value in half. */
  half(name: ValueName): ValueName {
    const known = this.#half.get(name);
    if (known !== undefined) return known;
    const cast = this.#casts.get(name);
    const to = this.#name(name);
    this.nodes.push(this.#castNode(this.full(cast?.inputs[0] ?? name), to, this.precision));
    return to;
  }

  /** The name of a value in float32, or of one that is no float: its own. */
  full(name: ValueName): ValueName {
    if (name === "" || this.#full.has(name)) return name;
    const half = this.#half.get(name);
    const cast = this.#casts.get(name);
    if (cast) this.nodes.push(cast);
    else if (half !== undefined) this.nodes.push(this.#castNode(half, name, "float32"));
    this.#full.add(name);
    return name;
  }

  /** Adds a node that gives its outputs in float32. */
  addFull(node: GraphNode): void {
    this.nodes.push(node);
    for (const name of node.outputs) this.#full.add(name);
  }

  /** Says that a node gave what is no float. */
  knowFull(name: ValueName): void {
    if (!this.isFloat(name)) this.#full.add(name);
  }

  /** Leaves a Cast to float32 until it is known what its result is wanted in. */
  addCast(node: GraphNode): void {
    for (const name of node.outputs) this.#casts.set(name, node);
  }

  /** Names a value in half that a node, which is added next, gives in its place. */
  nameHalf(name: ValueName): ValueName {
    this.#computed.add(name);
    return this.#name(name);
  }

  #name(name: ValueName): ValueName {
    const half = `${name}/half`;
    this.#half.set(name, half);
    this.types.set(half, { ...valueAt(this.types, name), dataType: this.precision });
    return half;
  }

  #castNode(from: ValueName, to: ValueName, dataType: HalfPrecision | "float32"): GraphNode {
    return { op: "Cast", inputs: [from], outputs: [to], attributes: { to: int(DATA_TYPE_NUMBERS[dataType]) } };
  }
}

function fits({ dataType, bytes }: OnnxTensor, precision: HalfPrecision): boolean {
  if (dataType !== "float32") return false;
  if (precision === "bfloat16") return true;
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const { largest, smallest } = FLOAT16_RANGE;
  return values.every((value) => value === 0 || (Math.abs(value) <= largest && Math.abs(value) >= smallest));
}
