import { type Attributes, int, type OnnxTensor, type Shape, type ValueType } from "../file/onnx_model.ts";
import type { Graph, GraphNode, ValueName } from "../graph.ts";
import type { Operator } from "../ops/operator.ts";
import { pruneGraph } from "../prune_graph.ts";
import type { BlockedOperator } from "./blocked_operators.ts";

/** What a node makes, for those that are made here. */
interface Made {
  readonly shape: Shape;
  readonly attributes?: Attributes;
}

/**
 * A finished graph being written anew, with values in blocks of channels beside those it had. A value may be there in
 * blocks only, until someone asks for it as it was.
 */
export class BlockedGraph {
  readonly lanes: number;
  /** Whether values are brought into blocks to stay with others that are there already. */
  readonly blocksAll: boolean;
  readonly #graph: Graph;
  readonly #nodes: GraphNode[] = [];
  readonly #constants: Map<string, OnnxTensor>;
  readonly #types: Map<ValueName, ValueType>;
  readonly #producers: ReadonlyMap<ValueName, GraphNode>;
  readonly #blocked = new Map<ValueName, ValueName>();
  readonly #onlyBlocked = new Set<ValueName>();

  constructor(graph: Graph, { lanes, blocksAll }: { readonly lanes: number; readonly blocksAll: boolean }) {
    this.#graph = graph;
    this.lanes = lanes;
    this.blocksAll = blocksAll;
    this.#types = new Map(graph.types);
    this.#constants = new Map(graph.constants.map((tensor) => [tensor.name, tensor]));
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  }

  /** Adds a node as it is. */
  add(node: GraphNode): void {
    this.#nodes.push(node);
  }

  /** Adds a node whose output gets a name of its own. */
  make(op: Operator | BlockedOperator, inputs: readonly ValueName[], { shape, attributes = {} }: Made): ValueName {
    const name = `blocked_${this.#types.size}`;
    this.#types.set(name, { shape, dataType: "float32" });
    this.#nodes.push({ op, inputs, outputs: [name], attributes });
    return name;
  }

  /** Adds a node that makes the value `y` of the graph, in blocks only. */
  addBlocked(
    op: Operator | BlockedOperator,
    inputs: readonly ValueName[],
    { y, attributes }: { y: ValueName; attributes: Attributes },
  ): void {
    this.#blocked.set(y, this.make(op, inputs, { shape: this.#shapeInBlocks(y), attributes }));
    this.#onlyBlocked.add(y);
  }

  /** The value in blocks, brought into them if need be. */
  block(name: ValueName): ValueName {
    const known = this.#blocked.get(name);
    if (known !== undefined) return known;
    if (this.#isAlike(name)) {
      this.#blocked.set(name, name);
      return name;
    }
    const attributes = { channels_last: int(0) };
    const blocked = this.make("BlockChannels", [name], { shape: this.#shapeInBlocks(name), attributes });
    this.#blocked.set(name, blocked);
    return blocked;
  }

  /** The value as it was, brought back from blocks if it is not there yet. */
  unblock(name: ValueName): ValueName {
    const blocked = this.#blocked.get(name);
    if (blocked === undefined || !this.#onlyBlocked.delete(name)) return name;
    if (this.#isAlike(name)) {
      this.#nodes.push({ op: "Identity", inputs: [blocked], outputs: [name], attributes: {} });
      return name;
    }
    const attributes = { channels: int(Number(this.shapeOf(name)[1])), channels_last: int(0) };
    this.#nodes.push({ op: "UnblockChannels", inputs: [blocked], outputs: [name], attributes });
    return name;
  }

  /** The value in full blocks as [N, blocks, places, lanes]. */
  listPlaces(name: ValueName): ValueName {
    const [channels = 1, ...lengths] = this.shapeOf(name).slice(1).map(Number);
    const places = lengths.reduce((product, length) => product * length, 1);
    const parts = [channels / this.lanes, places, this.lanes];
    return this.make("Reshape", [this.block(name), this.integers([-1, ...parts])], { shape: ["N", ...parts] });
  }

  /** Whether a value [N, C, H, W] has as many channels as whole blocks have. */
  isFull(name: ValueName): boolean {
    const [, channels, ...lengths] = this.shapeOf(name);
    return lengths.length === 2 && Number(channels) % this.lanes === 0;
  }

  /** A float as a constant. */
  number(value: number): ValueName {
    const name = `number_${value}`;
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    this.#constants.set(name, { name, shape: [], dataType: "float32", bytes });
    this.#types.set(name, { shape: [], dataType: "float32" });
    return name;
  }

  /** The numbers of a constant, or undefined where the value is not one. */
  readNumbers(name: ValueName): readonly number[] | undefined {
    const tensor = this.#constants.get(name);
    if (!tensor) return undefined;
    const { buffer } = new Uint8Array(tensor.bytes);
    return tensor.dataType === "int64" ? Array.from(new BigInt64Array(buffer), Number) : [...new Float32Array(buffer)];
  }

  /** The value in blocks, if it is there. */
  findBlocked(name: ValueName): ValueName | undefined {
    return this.#blocked.get(name);
  }

  /** True until someone asks for the value as it was. */
  isOnlyBlocked(name: ValueName): boolean {
    return this.#onlyBlocked.has(name);
  }

  /** The node of the original graph that makes a value. */
  producerOf(name: ValueName): GraphNode | undefined {
    return this.#producers.get(name);
  }

  /** The shape that a value has when it does not lie in blocks; [] for the name of an input left out. */
  shapeOf(name: ValueName): Shape {
    return this.#types.get(name)?.shape ?? [];
  }

  /** As many channels as whole blocks have. */
  fillUp(channels: number): number {
    return Math.ceil(channels / this.lanes) * this.lanes;
  }

  /** A list of integers as a constant. */
  integers(values: readonly number[]): ValueName {
    const name = `integers_${values.join("_")}`;
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#constants.set(name, { name, shape: [values.length], dataType: "int64", bytes });
    this.#types.set(name, { shape: [values.length], dataType: "int64" });
    return name;
  }

  /** The graph, with its outputs as they were. */
  finish(): Graph {
    for (const { name } of this.#graph.outputs) this.unblock(name);
    const constants = [...this.#constants.values()];
    return pruneGraph({ ...this.#graph, nodes: this.#nodes, constants, types: this.#types });
  }

  /** Channels of one place lie in memory the same way in full blocks. */
  #isAlike(name: ValueName): boolean {
    const [, , ...lengths] = this.shapeOf(name);
    return this.isFull(name) && lengths.every((length) => length === 1);
  }

  #shapeInBlocks(name: ValueName): Shape {
    const shape = this.shapeOf(name);
    return shape.with(1, this.fillUp(Number(shape[1])));
  }
}
