import { expect } from "bun:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { RandomStream } from "../../../../src/core/random_stream.ts";
import { differentiate } from "../../../../src/onnx/differentiate.ts";
import { encodeGraph } from "../../../../src/onnx/file/encode_graph.ts";
import { encodeModel } from "../../../../src/onnx/file/encode_model.ts";
import { createOnnxModel, type Shape } from "../../../../src/onnx/file/onnx_model.ts";
import type { ValueName } from "../../../../src/onnx/graph.ts";
import { GraphBuilder } from "../../../../src/onnx/graph_builder.ts";
import { type Imported, importNetwork } from "../../../../src/onnx/import/import_network.ts";
import { readOnnx } from "../../../../src/onnx/import/read_onnx.ts";
import { replayNetwork } from "../../../../src/onnx/import/replay_network.ts";
import { declareTensors } from "../../../../src/onnx/topology/tensor_sources.ts";
import { type ImportCase, toTensor } from "./import_case.ts";

/** Half the distance of the two points of a central difference. */
const STEP = 2 ** -7;
/** Of differences of float32 values. */
const SLOPE_TOLERANCE = 2e-3;
/** Of values. */
const VALUE_TOLERANCE = 1e-5;

interface Values {
  readonly [name: string]: { readonly data: Float32Array; readonly shape: readonly number[] };
}

/**
 * Imports the case's file, expects what onnxruntime gives for the file itself, and expects the gradients of the samples
 * and of every weight to be central differences.
 */
export async function compareImport(importCase: ImportCase): Promise<void> {
  const stream = new RandomStream(9, `${importCase.rule} ${importCase.about}`);
  let drawn = 0;
  const draw = (shape: readonly number[]) => {
    // No value lies within a step of another tensor's.
    const offset = drawn++ / 50;
    return drawValues(shape, stream).map((value) => value + offset);
  };
  const samples = draw(importCase.x).map((value) => value * importCase.scale + importCase.shift);
  const tensors = Object.entries(importCase.operands).flatMap(([name, operand]) =>
    operand.kind === "none" ? [] : [toTensor(name, operand, draw)],
  );
  const encode = (shape: Shape) => encodeCase(importCase, tensors, shape);
  const imported = importCaseFrom(encode([]), importCase);
  const forward = buildGraph(imported, importCase, () => {});
  const bytes = encode(forward.outputs[0]?.shape ?? []);
  const x = { data: samples, shape: importCase.x };
  const weights = imported.network.weights.map(({ name, shape }, i) => {
    return [`network/${name}`, { data: imported.values[i] ?? new Float32Array(0), shape }] as const;
  });
  const values: Values = { x, ...Object.fromEntries(weights) };
  const original = await withSession(bytes, (session) => run(session, { x }));
  await withSession(encodeGraph(forward), async (session) => {
    const { y } = await run(session, values);
    expect(y?.shape).toEqual(original[importCase.output]?.shape ?? []);
    expectNear(y?.data, original[importCase.output]?.data, { tolerance: VALUE_TOLERANCE, about: "value" });
    const seed = {
      data: Float32Array.from(y?.data ?? [], () => (stream.integer(16) - 7.5) / 8),
      shape: y?.shape ?? [],
    };
    const gradients = await computeGradients(imported, importCase, { ...values, seed });
    for (const name of Object.keys(values)) {
      const slopes = await measureSlopes(session, values, { name, seed: seed.data });
      // What the output does not depend on has no gradient.
      const gradient = gradients[name]?.data ?? new Float32Array(slopes.length);
      expectNear(gradient, slopes, { tolerance: SLOPE_TOLERANCE, about: `gradient of ${name}` });
    }
  });
}

/** Different values between −2 and 2 in any order, apart from each other, from 0 and from multiples of ½. */
function drawValues(shape: readonly number[], stream: RandomStream): Float32Array {
  const length = shape.reduce((product, axis) => product * axis, 1);
  const places = Math.max(8, Math.ceil(length / 8) * 8);
  const order = Array.from({ length: places }, (_, i) => i);
  for (let i = places - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return Float32Array.from({ length }, (_, i) => ((order[i] ?? 0) + 0.5) * (4 / places) - 2);
}

function encodeCase(
  { opset, nodes, x, output }: ImportCase,
  initializers: readonly ReturnType<typeof toTensor>[],
  shape: Shape,
): Uint8Array {
  const inputs = [{ name: "x", dataType: "float32", shape: ["N", ...x.slice(1)] }] as const;
  const outputs = [{ name: output, dataType: "float32", shape }] as const;
  return encodeModel(createOnnxModel({ name: "case", nodes, initializers, inputs, outputs }, { opsetVersion: opset }));
}

function importCaseFrom(bytes: Uint8Array, { output }: ImportCase): Imported {
  return importNetwork(readOnnx(bytes, { subject: "case" }), {
    subject: "case",
    head: "keep",
    features: output,
    chooseTrainable: (weights) => weights.map(() => true),
  });
}

function buildGraph({ network }: Imported, { x }: ImportCase, addMore: (graph: GraphBuilder, y: ValueName) => void) {
  const shapes = new Map(network.weights.map(({ name, shape }) => [`network/${name}`, shape]));
  const graph = new GraphBuilder(declareTensors((name) => shapes.get(name) ?? []));
  graph.input("x", { shape: ["N", ...x.slice(1)], dataType: "float32" }, { kind: "samples" });
  const y = replayNetwork(network, { layer: "network", x: "x", mode: "eval" }, graph);
  graph.output("y", y, { kind: "outputs" });
  addMore(graph, y);
  return graph.finish();
}

async function computeGradients(imported: Imported, importCase: ImportCase, values: Values): Promise<Values> {
  const graph = buildGraph(imported, importCase, (builder, y) => {
    const seed = builder.input("seed", builder.typeOf(y), { kind: "outputGradient" });
    const wanted = Object.keys(values).filter((name) => builder.hasInput(name) && name !== "seed");
    const gradients = differentiate(builder, { seeds: [{ value: y, gradient: seed }], wanted });
    for (const [name, gradient] of gradients) builder.output(`d/${name}`, gradient, { kind: "outputs" });
  });
  const results = await withSession(encodeGraph(graph), (session) => run(session, values));
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name.replace(/^d\//, ""), value]));
}

/** The central differences of Σ seed · y in every element. */
async function measureSlopes(
  session: InferenceSession,
  values: Values,
  { name, seed }: { readonly name: string; readonly seed: Float32Array },
): Promise<Float32Array> {
  const data = values[name]?.data ?? new Float32Array(0);
  const measure = async () => {
    const { y } = await run(session, values);
    return (y?.data ?? new Float32Array(0)).reduce((sum, value, i) => sum + value * (seed[i] ?? Number.NaN), 0);
  };
  const slopes = new Float32Array(data.length);
  for (const [i, value] of [...data].entries()) {
    data[i] = value + STEP;
    const above = await measure();
    data[i] = value - STEP;
    slopes[i] = (above - (await measure())) / (2 * STEP);
    data[i] = value;
  }
  return slopes;
}

function expectNear(
  actual: Float32Array | undefined,
  wanted: Float32Array | undefined,
  { tolerance, about }: { readonly tolerance: number; readonly about: string },
): void {
  expect(wanted).toBeDefined();
  expect(actual?.length).toBe(wanted?.length ?? -1);
  for (const [i, value] of (wanted ?? new Float32Array(0)).entries()) {
    const got = actual?.[i] ?? Number.NaN;
    const isNear = Object.is(got, value) || Math.abs(got - value) < tolerance * Math.max(1, Math.abs(value));
    if (!isNear) expect(`${about} [${i}] = ${got}`).toBe(`${about} [${i}] = ${value}`);
  }
}

async function withSession<Result>(
  bytes: Uint8Array,
  use: (session: InferenceSession) => Promise<Result>,
): Promise<Result> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** Feeds what the session takes. */
async function run(session: InferenceSession, values: Values): Promise<Values> {
  const feeds = session.inputNames.flatMap((name) => {
    const value = values[name];
    return value ? [[name, new Tensor("float32", value.data, value.shape)] as const] : [];
  });
  const results = await session.run(Object.fromEntries(feeds));
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => {
      if (!(data instanceof Float32Array)) throw new TypeError(`Wanted ${name} to be of float32`);
      return [name, { data, shape: dims }];
    }),
  );
}
