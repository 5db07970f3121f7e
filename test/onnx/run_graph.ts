import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeGraph } from "../../src/onnx/file/encode_graph.ts";
import type { Graph } from "../../src/onnx/graph.ts";

/** Values by name, each with its shape. */
export type GraphValues = Readonly<Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>>;

/** The same, with task labels of int64. */
export type GraphFeeds = GraphValues | Readonly<Record<string, TaskLabelValues | GraphValues[string]>>;

interface TaskLabelValues {
  readonly data: BigInt64Array;
  readonly shape: readonly number[];
}

/** A graph that onnxruntime has loaded. */
export interface OpenedGraph extends AsyncDisposable {
  /** Its outputs by name. */
  run(feeds: GraphFeeds): Promise<Record<string, Float32Array>>;
}

/** Loads a graph, which takes longer than to run it. */
export async function openGraph(graph: Graph): Promise<OpenedGraph> {
  const session = await InferenceSession.create(encodeGraph(graph), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  return {
    async run(feeds) {
      const tensors = Object.entries(feeds).map(([name, { data, shape }]) => {
        const isFloat = data instanceof Float32Array;
        return [name, isFloat ? new Tensor("float32", data, shape) : new Tensor("int64", data, shape)];
      });
      const results = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, { data }]) => {
          if (data instanceof Float32Array) return [name, data];
          throw new TypeError(`Wanted "${name}" to be of float32`);
        }),
      );
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

/** Runs a graph once by onnxruntime and returns its outputs by name. */
export async function runGraph(graph: Graph, feeds: GraphFeeds): Promise<Record<string, Float32Array>> {
  await using opened = await openGraph(graph);
  return await opened.run(feeds);
}
