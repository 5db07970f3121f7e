import {
  type Attributes,
  type DataType,
  ints,
  type OnnxNode,
  type OnnxTensor,
} from "../../../../src/onnx/file/onnx_model.ts";

/** A tensor of the file. */
export type Operand =
  /** A weight, drawn as the samples are; `scale` and `shift` move its values, as the case's do the samples'. */
  | { readonly kind: "weight"; readonly shape: readonly number[]; readonly scale?: number; readonly shift?: number }
  | {
      readonly kind: "numbers";
      readonly dataType: DataType;
      readonly shape: readonly number[];
      readonly values: readonly number[];
    }
  /** An optional input that is left out. */
  | { readonly kind: "none" };

/** A file around one operator, which takes the samples `x` and gives `y`. */
export interface ImportCase {
  /** The rule that it is about. */
  readonly rule: string;
  readonly about: string;
  readonly opset: number;
  /** The samples' shape, rows first; the file leaves the number of rows open. */
  readonly x: readonly number[];
  /** Values are x · scale + shift, x between −2 and 2. */
  readonly scale: number;
  readonly shift: number;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly nodes: readonly OnnxNode[];
  /** The value that is compared. */
  readonly output: string;
}

interface CaseSettings {
  readonly x: readonly number[];
  readonly opset?: number;
  readonly scale?: number;
  readonly shift?: number;
}

/** A file of one node on `x` and other operands. */
export function single(
  rule: string,
  about: string,
  settings: CaseSettings & {
    readonly operands?: readonly Operand[];
    readonly attributes?: Attributes;
    /** How many outputs the node has, and which of them is compared. Default: one. */
    readonly outputs?: number;
    readonly output?: number;
  },
): ImportCase {
  const { operands = [], attributes = {}, outputs = 1, output = 0 } = settings;
  const given = operands.map(
    (operand, i) => [operand.kind === "weight" ? `operand${i}.weight` : `operand${i}`, operand] as const,
  );
  const inputs = ["x", ...given.map(([name, { kind }]) => (kind === "none" ? "" : name))];
  return several(rule, about, {
    ...settings,
    operands: Object.fromEntries(given.filter(([, { kind }]) => kind !== "none")),
    nodes: [node(rule, inputs, { attributes, outputs: Array.from({ length: outputs }, (_, i) => `y${i}`) })],
    output: `y${output}`,
  });
}

/** A file of several nodes on `x` and named operands. */
export function several(
  rule: string,
  about: string,
  settings: CaseSettings & {
    readonly operands?: Readonly<Record<string, Operand>>;
    readonly nodes: readonly OnnxNode[];
    readonly output?: string;
  },
): ImportCase {
  const { opset = 17, scale = 1, shift = 0, operands = {}, output = "y", ...others } = settings;
  return { rule, about: `${about}, set ${opset}`, opset, scale, shift, operands, output, ...others };
}

/** One node; "com.microsoft.Gelu" is Gelu of that domain. */
export function node(
  op: string,
  inputs: readonly string[],
  { attributes = {}, outputs = ["y"] }: { readonly attributes?: Attributes; readonly outputs?: readonly string[] } = {},
): OnnxNode {
  const at = op.lastIndexOf(".");
  return { op: op.slice(at + 1), domain: op.slice(0, Math.max(at, 0)), name: "", inputs, outputs, attributes };
}

/** A weight of this shape. */
export function weight(
  shape: readonly number[],
  moved: { readonly scale?: number; readonly shift?: number } = {},
): Operand {
  return { kind: "weight", shape, ...moved };
}

/** Whole numbers of int64: a list, unless a shape is given. */
export function whole(values: readonly number[], shape: readonly number[] = [values.length]): Operand {
  return { kind: "numbers", dataType: "int64", shape, values };
}

/** Single numbers of float32 that are no weights. */
export function float32(values: readonly number[], shape: readonly number[] = [values.length]): Operand {
  return { kind: "numbers", dataType: "float32", shape, values };
}

/** Truths. */
export function bool(values: readonly boolean[], shape: readonly number[] = [values.length]): Operand {
  return { kind: "numbers", dataType: "bool", shape, values: values.map(Number) };
}

/** An optional input that is left out. */
export const NONE: Operand = { kind: "none" };

/** The attribute `axes`. */
export function axes(...values: readonly number[]): Attributes {
  return { axes: ints(values) };
}

/** The operand as a tensor of the file; `draw` makes a weight's values. */
export function toTensor(
  name: string,
  operand: Exclude<Operand, { kind: "none" }>,
  draw: (shape: readonly number[]) => Float32Array,
): OnnxTensor {
  if (operand.kind === "weight") {
    const { scale = 1, shift = 0, shape } = operand;
    const values = draw(shape).map((value) => value * scale + shift);
    return { name, shape, dataType: "float32", bytes: new Uint8Array(values.buffer) };
  }
  const { dataType, shape, values } = operand;
  return { name, shape, dataType, bytes: toBytes(dataType, values) };
}

function toBytes(dataType: DataType, values: readonly number[]): Uint8Array {
  switch (dataType) {
    case "float16":
    case "bfloat16":
      throw new Error(`No case is of ${dataType}`);
    case "float32":
      return new Uint8Array(Float32Array.from(values).buffer);
    case "int64":
      return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    case "int32":
      return new Uint8Array(Int32Array.from(values).buffer);
    case "int8":
    case "uint8":
    case "bool":
      return Uint8Array.from(values);
  }
}
