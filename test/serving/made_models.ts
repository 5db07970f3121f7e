import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeModel } from "../../src/onnx/file/encode_model.ts";
import { createOnnxModel, type OnnxNode } from "../../src/onnx/file/onnx_model.ts";

/** Values of a sample that made models take. */
export const FEATURES = 3;

/** What a made model is like. */
export interface MadeModel {
  /** Is added to every logit, so that an answer tells its version. */
  readonly shift?: number;
  readonly classes?: number;
  readonly features?: number;
  readonly classNames?: readonly string[];
  /** The free text in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The weight of a feature in a column. Default: 2 where the feature's number is that of the column, else 0. */
  readonly weigh?: (feature: number, column: number) => number;
  /** The column that every sample is given, whatever it is. */
  readonly always?: number;
}

/**
 * The bytes of a model that answers logits [N, classes]: column c is x[c mod features] × 2 + shift, or a constant for
 * one that always answers the same.
 */
export function makeModel({
  shift = 0,
  classes = 3,
  features = FEATURES,
  classNames,
  always,
  metadata,
  weigh,
}: MadeModel = {}) {
  const kernel = new Float32Array(features * classes);
  for (let column = 0; column < classes; column++) {
    if (always === undefined) kernel[(column % features) * classes + column] = 2;
    if (!weigh) continue;
    for (let i = 0; i < features; i++) kernel[i * classes + column] = weigh(i, column);
  }
  const bias = new Float32Array(classes).fill(shift);
  if (always !== undefined) bias[always] = shift + 1;
  const node = (op: string, inputs: string[], output: string): OnnxNode => ({
    op,
    name: output,
    inputs,
    outputs: [output],
    attributes: {},
  });
  const graph = {
    name: "made",
    nodes: [node("MatMul", ["input", "kernel"], "product"), node("Add", ["product", "bias"], "logits")],
    initializers: [
      {
        name: "kernel",
        shape: [features, classes],
        dataType: "float32" as const,
        bytes: new Uint8Array(kernel.buffer),
      },
      { name: "bias", shape: [classes], dataType: "float32" as const, bytes: new Uint8Array(bias.buffer) },
    ],
    inputs: [{ name: "input", shape: ["N" as const, features], dataType: "float32" as const }],
    outputs: [{ name: "logits", shape: ["N" as const, classes], dataType: "float32" as const }],
  };
  const names = classNames ? { "firn.class_names": JSON.stringify(classNames) } : {};
  return encodeModel(createOnnxModel(graph, { metadata: { ...names, ...metadata } }));
}

/** What such a model answers to a sample. */
export function computeLogits(x: readonly number[], { shift = 0, classes = 3 }: MadeModel = {}): number[] {
  return Array.from({ length: classes }, (_, column) => Math.fround((x[column % x.length] ?? 0) * 2 + shift));
}

/** Writes a version into a folder as a run would. */
export async function writeVersion(folder: string, version: number, model: MadeModel = {}): Promise<string> {
  const path = join(folder, `experience-${String(version).padStart(3, "0")}.onnx`);
  await writeFile(path, makeModel({ shift: version, ...model }));
  return path;
}
