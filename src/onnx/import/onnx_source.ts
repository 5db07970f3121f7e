/** An ONNX file of any program as plain data: what the reader gives and the importer takes. */

import type { Dimension } from "../file/onnx_model.ts";

/** Element types that networks hold. */
export type SourceDataType = "float32" | "float64" | "float16" | "int64" | "int32" | "int8" | "uint8" | "bool";

/** A tensor in the file; its bytes are a view of them where it can be. */
export interface SourceTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dataType: SourceDataType;
  /** Row-major, little-endian. Borrowed. */
  readonly bytes: Uint8Array;
}

/** An attribute's value. */
export type SourceAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: SourceTensor }
  /** A graph within the node: control flow. */
  | { readonly kind: "graph" }
  /** Within a function: the function's own attribute of that name. */
  | { readonly kind: "reference"; readonly value: string };

/** One operator applied. */
export interface SourceNode {
  readonly op: string;
  /** "" for ONNX's own. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, SourceAttribute>>;
}

/** An operator made of others. */
export interface SourceFunction {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly SourceNode[];
  /** What attributes are where a call leaves them out. */
  readonly defaults: Readonly<Record<string, SourceAttribute>>;
}

/** An input or output. A length is a number, or the name of one that is open. */
export interface SourceValue {
  readonly name: string;
  /** Undefined where the file does not say. */
  readonly dataType: SourceDataType | undefined;
  /** Undefined where the file does not say. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** One file. */
export interface OnnxSource {
  readonly opset: number;
  readonly nodes: readonly SourceNode[];
  readonly initializers: readonly SourceTensor[];
  readonly inputs: readonly SourceValue[];
  readonly outputs: readonly SourceValue[];
  readonly functions: readonly SourceFunction[];
}

/** Numbers of a tensor that are known before anything is run: shapes, axes, indices, masks. */
export interface StaticTensor {
  readonly isFloat: boolean;
  readonly shape: readonly number[];
  /** Row-major; lengths may depend on the batch. */
  readonly values: readonly Dimension[];
}

/**
 * Whole numbers [N, …] that grow by `stride` from row to row: `base` [1, …] are the first row's. PyTorch's exporter
 * writes views of a value in memory as reads at such places.
 */
export interface RowIndices {
  readonly base: StaticTensor;
  readonly stride: number;
}
