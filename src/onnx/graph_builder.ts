import { elementAt } from "../core/element_at.ts";
import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { Attributes, DataType, OnnxTensor, Shape, ValueType } from "./file/onnx_model.ts";
import type { Graph, GraphInput, GraphNode, GraphOutput, InputRole, OutputRole, RowLimit, ValueName } from "./graph.ts";
import type { GrowingGraph, KernelGradientForm, Transposed } from "./growing_graph.ts";
import { moveTransposes } from "./move_transposes.ts";
import type { NodeGroup } from "./ops/backward_step.ts";
import { readInts } from "./ops/operands.ts";
import type { Operator } from "./ops/operator.ts";
import { inferTypes } from "./ops/operators.ts";
import { pruneGraph } from "./prune_graph.ts";
import { separatePads } from "./separate_pads.ts";

/** Where a graph's parameters come from: fed at every run, or written into the file. */
export type TensorSource = (name: string, graph: GraphBuilder) => ValueName;

/** What all of a graph is built by. */
export interface GraphSettings {
  /** What the names of its values begin with: a graph within a graph needs names of its own. Default: "". */
  readonly prefix?: string;
  /** Default: "convolution". */
  readonly kernelGradient?: KernelGradientForm | undefined;
}

/**
 * Grows a graph node by node. Every value has a name and a known shape from the moment it is made, so a node that
 * does not fit fails where it is added.
 */
export class GraphBuilder implements GrowingGraph {
  readonly #nodes: GraphNode[] = [];
  readonly #types = new Map<ValueName, ValueType>();
  readonly #producers = new Map<ValueName, GraphNode>();
  readonly #transposes = new Map<string, ValueName>();
  readonly #inputs = new Map<ValueName, GraphInput>();
  readonly #constants = new Map<ValueName, OnnxTensor>();
  readonly #constantNames = new Map<string, ValueName>();
  readonly #outputs: { name: string; value: ValueName; role: OutputRole }[] = [];
  readonly #groups = new Map<ValueName, NodeGroup>();
  readonly #newState = new Map<string, ValueName>();
  readonly #recalled = new Map<ValueName, ValueName>();
  readonly #source: TensorSource;
  /** What the names of its values begin with. */
  readonly prefix: string;
  readonly kernelGradient: KernelGradientForm;
  #rowLimit: RowLimit | undefined;

  /** `source` is asked for a parameter's or state tensor's value at its every use. */
  constructor(source: TensorSource, { prefix = "", kernelGradient = "convolution" }: GraphSettings = {}) {
    this.#source = source;
    this.prefix = prefix;
    this.kernelGradient = kernelGradient;
  }

  /** The nodes so far, in order. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  node(op: Operator, inputs: readonly ValueName[], attributes: Attributes = {}): ValueName {
    const moved = moveTransposes({ op, inputs, attributes }, this);
    if (moved !== undefined) return moved;
    const key = op === "Transpose" ? `${inputs[0]} ${readInts(attributes, "perm").join()}` : undefined;
    const known = key === undefined ? undefined : this.#transposes.get(key);
    if (known !== undefined) return known;
    const [output = ""] = this.manyOutputs(op, inputs, attributes);
    if (key !== undefined) this.#transposes.set(key, output);
    return output;
  }

  manyOutputs(op: Operator, inputs: readonly ValueName[], attributes: Attributes = {}): readonly ValueName[] {
    const operands = inputs.map((name) => (name === "" ? undefined : this.typeOf(name)));
    const types = inferTypes(op, {
      operands,
      attributes,
      constantOf: (index) => this.readConstant(inputs[index] ?? ""),
    });
    const outputs = types.map((type) => this.#declare(this.#createName(op), type));
    const node = { op, inputs, outputs, attributes };
    this.#nodes.push(node);
    for (const output of outputs) this.#producers.set(output, node);
    return outputs;
  }

  transposedBy(name: ValueName): Transposed | undefined {
    const node = this.#producers.get(name);
    if (node?.op !== "Transpose") return undefined;
    return { x: elementAt(node.inputs, 0), order: readInts(node.attributes, "perm") };
  }

  /** Declares an input; asking again for the same name gives the same input. */
  input(name: ValueName, type: ValueType, role: InputRole): ValueName {
    if (!this.#inputs.has(name)) {
      this.#inputs.set(name, { name, ...type, role });
      this.#declare(name, type);
    }
    return name;
  }

  /** Declares a value that is made elsewhere: in the graph around this one, or by what runs this one step by step. */
  receive(name: ValueName, type: ValueType): ValueName {
    return this.#declare(name, type);
  }

  /**
   * Says that `received` holds what `value` was computed to before: what stands behind reads `received`, and its
   * gradient goes on through `value`, which need not be computed again.
   */
  recall(value: ValueName, received: ValueName): ValueName {
    this.#recalled.set(value, received);
    return received;
  }

  /** What holds a value that was computed before; undefined where there is nothing. */
  recalledAs(value: ValueName): ValueName | undefined {
    return this.#recalled.get(value);
  }

  /** The inputs declared so far, in order. */
  get inputs(): readonly GraphInput[] {
    return [...this.#inputs.values()];
  }

  /** True once that input was declared. */
  hasInput(name: ValueName): boolean {
    return this.#inputs.has(name);
  }

  /** The value of a parameter or state tensor, by its name in the layout. */
  parameter(name: string): ValueName {
    return this.#source(name, this);
  }

  /** The value of a state tensor, as the layers so far have left it. */
  state(name: string): ValueName {
    return this.#newState.get(name) ?? this.parameter(name);
  }

  /** Gives a state tensor a new value, for the layers that follow and for an output of the graph. */
  updateState(name: string, value: ValueName): void {
    this.#newState.set(name, value);
  }

  /** What the layers have made of a state tensor; undefined where they left it alone. */
  newStateOf(name: string): ValueName | undefined {
    return this.#newState.get(name);
  }

  /** Has all that lies between a group's inputs and `output` differentiated by the group's rule. */
  group(output: ValueName, group: NodeGroup): ValueName {
    this.#groups.set(output, group);
    return output;
  }

  /** The group whose output this is. */
  groupOf(output: ValueName): NodeGroup | undefined {
    return this.#groups.get(output);
  }

  /** Says that the graph means nothing for fewer rows. */
  requireRows(limit: RowLimit): void {
    if (!this.#rowLimit || this.#rowLimit.rows < limit.rows) this.#rowLimit = limit;
  }

  /**
   * A tensor written into the file under this name; asking again gives the same one. The values are borrowed: they must
   * stay as they are until the file is encoded.
   */
  initializer(name: ValueName, shape: readonly number[], values: Float32Array): ValueName {
    const { buffer, byteOffset, byteLength } = values;
    return this.#addConstant(name, "float32", shape, new Uint8Array(buffer, byteOffset, byteLength));
  }

  constant(values: number | readonly number[], shape?: readonly number[]): ValueName {
    const data = Float32Array.from(typeof values === "number" ? [values] : values);
    const dimensions = shape ?? (typeof values === "number" ? [] : [data.length]);
    return this.#shareConstant("float32", dimensions, new Uint8Array(data.buffer), data);
  }

  integers(values: readonly number[]): ValueName {
    const data = BigInt64Array.from(values, BigInt);
    return this.#shareConstant("int64", [values.length], new Uint8Array(data.buffer), values);
  }

  readConstant(name: ValueName): number[] | undefined {
    const tensor = this.#constants.get(name);
    if (!tensor) return undefined;
    const { buffer } = new Uint8Array(tensor.bytes);
    return tensor.dataType === "int64" ? Array.from(new BigInt64Array(buffer), Number) : [...new Float32Array(buffer)];
  }

  /** What a value is. @throws {RangeError} If there is none of that name. */
  typeOf(name: ValueName): ValueType {
    const type = this.#types.get(name);
    if (!type) throw new RangeRefusal(needs("the graph", "one that the graph has made", name));
    return type;
  }

  shapeOf(name: ValueName): Shape {
    return this.typeOf(name).shape;
  }

  /** Makes a value an output of the graph, under a name of its own. */
  output(name: string, value: ValueName, role: OutputRole): void {
    this.#outputs.push({ name, value, role });
  }

  /** The graph without what its outputs do not need. The builder must not be used afterwards. */
  finish(): Graph {
    const outputs: GraphOutput[] = this.#outputs.map(({ name, value, role }) => {
      // An output is a value by another name, so it takes a node of its own; onnxruntime removes it where it can.
      const type = this.typeOf(value);
      this.#nodes.push({ op: "Identity", inputs: [value], outputs: [name], attributes: {} });
      this.#declare(name, type);
      return { name, ...type, role };
    });
    const pruned = pruneGraph({
      nodes: this.#nodes,
      constants: [...this.#constants.values()],
      inputs: this.inputs,
      outputs,
      rowLimit: this.#rowLimit,
      types: this.#types,
    });
    return separatePads(pruned);
  }

  #declare(name: ValueName, type: ValueType): ValueName {
    if (this.#types.has(name)) throw new RangeRefusal(needs("the graph", "a name that is still free", name));
    this.#types.set(name, type);
    return name;
  }

  #createName(op: Operator): ValueName {
    return `${this.prefix}${op}_${this.#types.size}`;
  }

  #addConstant(name: ValueName, dataType: DataType, shape: readonly number[], bytes: Uint8Array): ValueName {
    if (!this.#constants.has(name)) {
      this.#constants.set(name, { name, shape, dataType, bytes });
      this.#declare(name, { shape, dataType });
    }
    return name;
  }

  #shareConstant(
    dataType: DataType,
    shape: readonly number[],
    bytes: Uint8Array,
    values: ArrayLike<number>,
  ): ValueName {
    const key = `${dataType}[${shape.join()}]${Array.from(values).join()}`;
    const name = this.#constantNames.get(key) ?? `${this.prefix}constant_${this.#types.size}`;
    this.#constantNames.set(key, name);
    return this.#addConstant(name, dataType, shape, bytes);
  }
}
