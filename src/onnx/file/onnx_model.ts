/** ONNX files as plain data: what the codec reads and writes, and what every builder in this folder makes. */

/** The operator set of every file we write; older readers of the last years know it. */
const OPSET_VERSION = 17;

/** The IR version that goes with it. */
const IR_VERSION = 8;

/** Element types that we use. */
export type DataType = "float32" | "float16" | "bfloat16" | "uint8" | "int8" | "int32" | "int64" | "bool";

/**
 * A dimension's length: a number, or a symbol where it depends on the batch. "N" is the number of rows; "N*49" is 49
 * times as many.
 */
export type Dimension = number | BatchDimension;

/** A length that is the number of rows, or a multiple of it. */
export type BatchDimension = "N" | `N*${number}`;

/** [N, …]; the batch comes first where there is one. */
export type Shape = readonly Dimension[];

/** What a value is, without what it holds. */
export interface ValueType {
  readonly shape: Shape;
  readonly dataType: DataType;
}

/** An input or output of a graph. */
export interface ValueInfo extends ValueType {
  readonly name: string;
}

/** A constant or a parameter's value: row-major, little-endian bytes. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dataType: DataType;
  /** Empty where they stand in another file. */
  readonly bytes: Uint8Array;
  readonly external?: ExternalBytes;
}

/** Where a tensor's bytes stand that are not in the file itself. */
export interface ExternalBytes {
  /** The name of a file in the same folder. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** One attribute of a node. Integers and floats are told apart because the format does. */
export type AttributeValue =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: OnnxTensor }
  /** What an operator runs again and again; it may use values of the graph around it by their names. */
  | { readonly kind: "graph"; readonly value: OnnxGraph };

/** A node's attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One operator applied. An empty input name stands for an optional input left out. */
export interface OnnxNode {
  readonly op: string;
  /** Whose operator it is; "" or left out for ONNX's own. */
  readonly domain?: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** Nodes in an order in which every value is made before it is used. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** One file. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly opsetVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
}

/** An integer attribute. */
export function int(value: number): AttributeValue {
  return { kind: "int", value };
}

/** A float attribute. */
export function float(value: number): AttributeValue {
  return { kind: "float", value };
}

/** A text attribute. */
export function string(value: string): AttributeValue {
  return { kind: "string", value };
}

/** A list of integers as an attribute. */
export function ints(value: readonly number[]): AttributeValue {
  return { kind: "ints", value };
}

/** A list of floats as an attribute. */
export function floats(value: readonly number[]): AttributeValue {
  return { kind: "floats", value };
}

/** A list of texts as an attribute. */
export function strings(value: readonly string[]): AttributeValue {
  return { kind: "strings", value };
}

/** A graph as a file's contents, with our versions and nothing to say about itself. */
export function createOnnxModel(graph: OnnxGraph, about: Partial<Omit<OnnxModel, "graph">> = {}): OnnxModel {
  return {
    irVersion: IR_VERSION,
    opsetVersion: OPSET_VERSION,
    producerName: "firn",
    producerVersion: "",
    docString: "",
    metadata: {},
    ...about,
    graph,
  };
}
