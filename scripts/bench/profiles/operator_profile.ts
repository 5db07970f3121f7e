import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createAddonOptions } from "../../../src/engine/onnxruntime/addon/addon_options.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { buildTrainingGraph } from "../../../src/onnx/engine_graphs.ts";
import { encodeGraph } from "../../../src/onnx/file/encode_graph.ts";
import type { ValueInfo } from "../../../src/onnx/file/onnx_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";

/** One operator of a graph, by the name of the value that it makes. */
export interface OperatorTime {
  readonly operator: string;
  readonly node: string;
  /** The mean of a run. */
  readonly msPerRun: number;
}

/** What a graph costs in onnxruntime. */
export interface OperatorProfile {
  /** Slowest first. */
  readonly operators: readonly OperatorTime[];
  /** A call of the session, seen from outside, without profiling. */
  readonly msPerCall: number;
}

/** Profiles the training graph of a model on one thread, with random inputs, by onnxruntime's own profiler. */
export async function profileOperators(
  model: tf.LayersModel,
  { batchSize, runs }: { readonly batchSize: number; readonly runs: number },
): Promise<OperatorProfile> {
  const graph = buildTrainingGraph(parseTopology(flattenWeights(model).topology), "cross-entropy");
  const file = encodeGraph(graph);
  const feeds = fillInputs(graph.inputs, batchSize);
  const settings = createAddonOptions({ device: "cpu", intraOpThreads: 1 });
  const folder = await mkdtemp(join(tmpdir(), "firn-profile-"));
  try {
    const profiling = { enableProfiling: true, profileFilePrefix: join(folder, "step") };
    const session = await InferenceSession.create(file, { ...settings, ...profiling });
    for (let run = 0; run < runs; run++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [name = ""] = await readdir(folder);
    const operators = summarizeProfile(JSON.parse(await readFile(join(folder, name), "utf8")));
    return { operators, msPerCall: await timeCalls(file, settings, { feeds, runs }) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timeCalls(
  file: Uint8Array<ArrayBuffer>,
  settings: InferenceSession.SessionOptions,
  { feeds, runs }: { feeds: Record<string, Tensor>; runs: number },
): Promise<number> {
  const session = await InferenceSession.create(file, settings);
  await session.run(feeds);
  const began = performance.now();
  for (let run = 0; run < runs; run++) await session.run(feeds);
  const msPerCall = (performance.now() - began) / runs;
  await session.release();
  return msPerCall;
}

/** Small random numbers for every input. */
function fillInputs(inputs: readonly ValueInfo[], batchSize: number): Record<string, Tensor> {
  const random = new RandomStream(0, "bench-profile");
  const entries = inputs.map(({ name, shape }): [string, Tensor] => {
    const lengths = shape.map((dimension) =>
      typeof dimension === "number" ? dimension : batchSize * Number(dimension.slice(2) || 1),
    );
    const data = new Float32Array(lengths.reduce((product, length) => product * length, 1));
    for (let i = 0; i < data.length; i++) data[i] = random.uniform() / 10;
    return [name, new Tensor("float32", data, lengths)];
  });
  return Object.fromEntries(entries);
}

/**
 * Adds up onnxruntime's profile by node; the first run, which prepares things, is left out.
 * @param events The profile's JSON: a list of trace events with durations in microseconds.
 */
export function summarizeProfile(events: unknown): OperatorTime[] {
  const times = new Map<string, { operator: string; microseconds: number[] }>();
  for (const event of Array.isArray(events) ? events : []) {
    const name = String(readProperty(event, "name"));
    if (readProperty(event, "cat") !== "Node" || !name.endsWith("_kernel_time")) continue;
    const node = name.slice(0, -"_kernel_time".length);
    const operator = String(readProperty(readProperty(event, "args"), "op_name"));
    const entry = times.get(node) ?? { operator, microseconds: [] };
    entry.microseconds.push(Number(readProperty(event, "dur")));
    times.set(node, entry);
  }
  return [...times]
    .map(([node, { operator, microseconds }]) => {
      const counted = microseconds.length > 1 ? microseconds.slice(1) : microseconds;
      const total = counted.reduce((sum, value) => sum + value, 0);
      return { node, operator, msPerRun: total / counted.length / 1000 };
    })
    .sort((a, b) => b.msPerRun - a.msPerRun);
}

function readProperty(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
