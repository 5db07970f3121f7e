import { elementAt } from "../../core/element_at.ts";
import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";
import { cutHead } from "./cutting/cut_head.ts";
import { findEnding } from "./cutting/find_ending.ts";
import { findInputs, type InputSearch } from "./find_inputs.ts";
import { findSettings } from "./find_settings.ts";
import type { ImportedNetwork, ImportedNode } from "./imported_network.ts";
import { inlineFunctions } from "./inline_functions.ts";
import type { OnnxSource, SourceDataType, SourceNode, SourceTensor } from "./onnx_source.ts";
import { listNumbers, toFloats } from "./read_tensor.ts";
import { WeightNames } from "./weight_names.ts";
import { chooseWeightOrder, orderShape, orderValues } from "./weight_order.ts";

/** What is taken of a file. */
export interface ImportOptions extends InputSearch {
  /**
   * Where the network ends: at its output as it is ("keep"), or before its last product ("replace"), which a new
   * classifier follows.
   */
  readonly head: "keep" | "replace";
  /** The value that a new classifier follows, by its name in the file. Default: what the last product takes. */
  readonly features?: string | undefined;
  /** Says of the weights, in the order of the nodes that use them, which are trained. */
  readonly chooseTrainable: (weights: readonly WeightUse[]) => readonly boolean[];
}

/** A weight, and the operator that takes it. */
export interface WeightUse {
  readonly name: string;
  /** The node's number among those that have weights. */
  readonly node: number;
}

/** A network and the values of its weights, in the network's order. The caller owns them. */
export interface Imported {
  readonly network: ImportedNetwork;
  readonly values: readonly Float32Array[];
}

/**
 * Takes a network out of a file: functions laid open, the nodes that the output needs, and its float tensors as weights
 * of their own. Exporters write equal tensors once: of those that are one number throughout, norms' and small ones get
 * a copy for each use, as they were apart before the export. Others that several operators take stay shared.
 * @throws {RangeError} If it does not follow what the file's inputs are, or it has no such value.
 */
export function importNetwork(source: OnnxSource, options: ImportOptions): Imported {
  const { subject } = options;
  const tensors = new Map(source.initializers.map((tensor) => [tensor.name, tensor]));
  const nodes = liftConstants(inlineFunctions(source), tensors);
  const inputs = findInputs(
    source.inputs.filter(({ name }) => !tensors.has(name)),
    options,
  );
  const end = cutHead(nodes, { outputs: source.outputs.map(({ name }) => name), tensors, ...options });
  const kept = keepNeeded(nodes, end);
  if (kept.length === 0) throw new RangeRefusal(`${subject}: ${describeUnknownName("value", end, listValues(nodes))}`);
  const settings = findSettings(kept);
  const names = new WeightNames();
  const statics: ImportedNetwork["statics"] = {};
  const weights: FoundWeight[] = [];
  let withWeights = 0;
  const imported = kept.map((node): ImportedNode => {
    const before = weights.length;
    const inputs = node.inputs.map((name, place) => {
      const tensor = tensors.get(name);
      if (!tensor) return name;
      const isSetting = settings.has(name) || !isWeight(tensor) || isNumbers(tensor, node);
      if (isSetting && !isStatistic(node, place)) {
        statics[name] = toStatic(tensor);
        return name;
      }
      const { name: own, isNew } = names.claim(tensor, { node, place });
      if (isNew) {
        const order = chooseWeightOrder(node.op, place, tensor.shape);
        weights.push({ name: own, tensor, isStatistic: isStatistic(node, place), node: withWeights, order });
      }
      return own;
    });
    if (weights.length > before) withWeights += 1;
    return {
      op: nameOperator(node),
      name: node.name,
      inputs,
      outputs: [...node.outputs],
      attributes: readAttributes(node, subject),
    };
  });
  const ending = findEnding(nodes, { outputs: source.outputs.map(({ name }) => name), end });
  const chosen = options.chooseTrainable(weights.map(({ name, node }) => ({ name, node })));
  return {
    network: {
      opset: source.opset,
      ...inputs,
      output: end,
      nodes: imported,
      statics,
      origin: {
        ...describeOrigin(source, inputs),
        ending: ending.map((node) => ({
          op: nameOperator(node),
          name: node.name,
          inputs: [...node.inputs],
          outputs: [...node.outputs],
          attributes: readAttributes(node, subject),
        })),
      },
      weights: weights.map(({ name, tensor, isStatistic, order }, i) => ({
        name,
        shape: order ? orderShape(tensor.shape, order) : [...tensor.shape],
        isTrainable: !isStatistic && elementAt(chosen, i),
        ...(order ? { order } : {}),
        ...describeType(tensor),
      })),
    },
    values: weights.map(({ tensor, order }) => {
      const values = toFloats(tensor);
      return order ? orderValues(values, tensor.shape, order) : values;
    }),
  };
}

/** A tensor that is a weight of its own. */
interface FoundWeight {
  readonly name: string;
  readonly tensor: SourceTensor;
  readonly isStatistic: boolean;
  readonly node: number;
  readonly order: number[] | undefined;
}

/** Constant nodes, and those that give a tensor another name, as tensors of their names; the other nodes. */
function liftConstants(nodes: readonly SourceNode[], tensors: Map<string, SourceTensor>): SourceNode[] {
  return nodes.filter(({ op, domain, inputs: [input = ""], outputs: [output = ""], attributes }) => {
    const renamed = op === "Identity" ? tensors.get(input) : undefined;
    if (renamed) tensors.set(output, { ...renamed, name: output });
    if (renamed) return false;
    if (op !== "Constant" || domain !== "") return true;
    const [attribute] = Object.values(attributes);
    if (attribute?.kind === "tensor") tensors.set(output, { ...attribute.value, name: output });
    if (attribute?.kind === "float" || attribute?.kind === "floats") {
      const { kind, value } = attribute;
      const bytes = new Uint8Array(Float32Array.from(kind === "float" ? [value] : value).buffer);
      tensors.set(output, { name: output, shape: kind === "float" ? [] : [value.length], dataType: "float32", bytes });
    }
    if (attribute?.kind === "int" || attribute?.kind === "ints") {
      const { kind, value } = attribute;
      const bytes = new Uint8Array(BigInt64Array.from(kind === "int" ? [value] : value, BigInt).buffer);
      tensors.set(output, { name: output, shape: kind === "int" ? [] : [value.length], dataType: "int64", bytes });
    }
    return !tensors.has(output);
  });
}

/** The nodes on which a value depends, in the file's order. */
function keepNeeded(nodes: readonly SourceNode[], end: string): SourceNode[] {
  const needed = new Set([end]);
  const kept: SourceNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

function listValues(nodes: readonly SourceNode[]): string[] {
  return nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== "");
}

/** Floats of more than one element; single ones where they have a parameter's name, as PyTorch's ("act.weight"). */
function isWeight({ dataType, shape, name }: SourceTensor): boolean {
  if (!["float32", "float64", "float16"].includes(dataType)) return false;
  return shape.some((length) => length !== 1) || /\.(weight|bias|alpha|gamma|beta|scale)$/.test(name);
}

/** What takes numbers to compute masks and shapes by, not weights. */
const TAKES_NUMBERS = ["ConstantOfShape", "Equal", "Greater", "Less", "Range", "ScatterND", "Where"];

/** Floats that such an operator takes, unless they are called as PyTorch calls parameters ("layer1.weight"). */
function isNumbers({ name }: SourceTensor, { op }: SourceNode): boolean {
  return TAKES_NUMBERS.includes(op) && !name.includes(".");
}

/** The moving mean and variance. */
function isStatistic({ op }: SourceNode, place: number): boolean {
  return op === "BatchNormalization" && place >= 3;
}

function toStatic(tensor: SourceTensor): ImportedNetwork["statics"][string] {
  const isFloat = tensor.dataType.startsWith("float");
  return { isFloat, shape: [...tensor.shape], values: [...listNumbers(tensor)], ...describeType(tensor) };
}

/** The type of a tensor's elements, where it is another than it is taken for. */
function describeType({ dataType }: SourceTensor): { dataType?: Exclude<SourceDataType, "float32" | "int64"> } {
  return dataType === "float32" || dataType === "int64" ? {} : { dataType };
}

/** What the file calls its inputs and its output; lengths that it leaves open are those of the samples. */
function describeOrigin(
  { inputs, outputs, initializers }: OnnxSource,
  { input, parts }: Pick<ImportedNetwork, "input" | "parts">,
): Pick<NonNullable<ImportedNetwork["origin"]>, "inputs" | "output"> {
  const weights = new Set(initializers.map(({ name }) => name));
  const known = new Map([input, ...(parts ?? [])].map(({ name, shape }) => [name, shape]));
  return {
    inputs: inputs.flatMap(({ name, dataType = "float32" }) =>
      weights.has(name) ? [] : [{ name, shape: [...(known.get(name) ?? [])], dataType }],
    ),
    output: outputs[0]?.name ?? "",
  };
}

/** Operators of other domains keep their domain, so that a message can say it. */
function nameOperator({ domain, op }: SourceNode): string {
  return domain === "" ? op : `${domain}.${op}`;
}

/**
 * A tensor is the one number that ConstantOfShape repeats; `is_float` says which kind of number, `data_type` its type
 * if it is not float32 or int64.
 */
function readAttributes({ op, name, attributes }: SourceNode, subject: string): ImportedNode["attributes"] {
  const read: Record<string, ImportedNode["attributes"][string]> = {};
  for (const [key, attribute] of Object.entries(attributes)) {
    switch (attribute.kind) {
      case "tensor": {
        const { isFloat, values, dataType } = toStatic(attribute.value);
        read[key] = { kind: "float", value: Number(values[0]) };
        read.is_float = { kind: "int", value: Number(isFloat) };
        if (dataType) read.data_type = { kind: "string", value: dataType };
        break;
      }
      case "graph":
        throw new RangeRefusal(
          `${subject}: ${op} (${name}) runs a graph of its own; export the model without control flow`,
        );
      case "reference":
        break;
      case "ints":
      case "floats":
        read[key] = { kind: attribute.kind, value: [...attribute.value] };
        break;
      case "strings":
        read[key] = { kind: "strings", value: [...attribute.value] };
        break;
      default:
        read[key] = attribute;
    }
  }
  return read;
}
