import { countElements } from "../../core/host_tensor.ts";
import { buildForwardGraph } from "../../onnx/engine_graphs.ts";
import type { Graph, GraphNode } from "../../onnx/graph.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import { readInt } from "../../onnx/ops/operands.ts";
import { resolveShape } from "./graph_ports.ts";

/** What decides whether a model's forward pass is faster with its weights as constants. */
export interface ForwardCost {
  readonly nodes: number;
  /** Values of parameters and state. */
  readonly weights: number;
  /** Multiplications of a row, in convolutions; those in groups apart. */
  readonly convolution: number;
  readonly grouped: number;
}

/** Rows that are to be evaluated, and into how many shards each minibatch of them is cut. */
export interface EvaluatedRows {
  readonly rows: number;
  /** No replica has fewer rows than one shard of each minibatch. */
  readonly shards: number;
}

/** Weights above this are not held a second time, as constants, by each replica. */
const MAX_BYTES = 2 ** 28;

/** How much must be gained for each millisecond that loading costs. */
const MARGIN = 1.5;

/**
 * Milliseconds, measured on one core with AVX-512: loading a graph and bringing its kernels in order, and what a
 * multiplication takes less afterwards.
 */
const MS = { load: 5, node: 0.8, weight: 1.5e-5, convolution: 4e-9, grouped: 3e-7 } as const;

/** Counts what a model's forward pass is made of. */
export function measureForward(spec: ModelSpec): ForwardCost {
  const graph = buildForwardGraph(spec, "eval");
  let [convolution, grouped] = [0, 0];
  for (const node of graph.nodes) {
    if (node.op !== "Conv") continue;
    const multiplications = countMultiplications(node, graph);
    if (readInt(node.attributes, "group", 1) > 1) grouped += multiplications;
    else convolution += multiplications;
  }
  return { nodes: graph.nodes.length, weights: spec.layout.size + spec.stateLayout.size, convolution, grouped };
}

/**
 * Whether it pays to load the graph anew with the weights of that moment as constants, on any number of workers. That
 * is so for convolutional networks and some hundred rows. Dense layers gain less than it costs to see whether the
 * weights are still the same.
 */
export function paysConstantWeights(cost: ForwardCost, { rows, shards }: EvaluatedRows): boolean {
  if (cost.weights * Float32Array.BYTES_PER_ELEMENT > MAX_BYTES) return false;
  const loading = MS.load + MS.node * cost.nodes + MS.weight * cost.weights;
  const gain = (rows / shards) * (MS.convolution * cost.convolution + MS.grouped * cost.grouped);
  return gain > MARGIN * loading;
}

/** Of one row. */
function countMultiplications({ inputs, outputs }: GraphNode, { types }: Graph): number {
  const [kernel, output] = [inputs[1], outputs[0]].map((name) => types.get(name ?? "")?.shape ?? []);
  if (!kernel || !output) return 0;
  return countElements(resolveShape(output, 1)) * countElements(resolveShape(kernel, 1).slice(1));
}
