import { elementAt } from "../../core/element_at.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "../file/onnx_model.ts";
import {
  countUses,
  createFloats,
  createNamer,
  dropUnusedInitializers,
  mapInitializers,
  readFloats,
} from "./edit_graph.ts";

/** ONNX's default for `epsilon`. */
const DEFAULT_EPSILON = 1e-5;

/** y = x · scale + shift by channel: what a normalisation with fixed statistics is. */
interface ChannelScaling {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * The graph in which a BatchNormalization behind a Conv or Gemm is part of its kernel and bias: w · γ/√(σ² + ε) and
 * (b − μ) · γ/√(σ² + ε) + β, computed in double precision. One whose input something else reads, too, stays.
 */
export function foldBatchNormalization(graph: OnnxGraph): OnnxGraph {
  const uses = countUses(graph);
  const pickName = createNamer(graph);
  const initializers = new Map(mapInitializers(graph));
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const replaced = new Map<OnnxNode, OnnxNode | undefined>();
  for (const node of graph.nodes) {
    const before = node.op === "BatchNormalization" ? producers.get(elementAt(node.inputs, 0)) : undefined;
    const scaling =
      before && uses.get(elementAt(before.outputs, 0)) === 1 ? readScaling(node, initializers) : undefined;
    const scaled = before && scaling ? scaleNode(before, scaling, { initializers, pickName }) : undefined;
    if (!before || !scaled) continue;
    for (const tensor of scaled.tensors) initializers.set(tensor.name, tensor);
    replaced.set(before, { ...before, inputs: scaled.inputs, outputs: node.outputs });
    replaced.set(node, undefined);
  }
  const nodes = graph.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
  return dropUnusedInitializers({ ...graph, nodes, initializers: [...initializers.values()] });
}

/** Undefined where the statistics are no constants of the file. */
function readScaling(
  { inputs, attributes }: OnnxNode,
  initializers: ReadonlyMap<string, OnnxTensor>,
): ChannelScaling | undefined {
  const tensors = inputs.slice(1).map((name) => initializers.get(name));
  const vectors = tensors.flatMap((tensor) =>
    tensor?.dataType === "float32" && !tensor.external ? [readFloats(tensor)] : [],
  );
  const [gamma, beta, mean, variance] = vectors;
  if (!gamma || !beta || !mean || !variance) return undefined;
  const epsilon = attributes.epsilon?.kind === "float" ? attributes.epsilon.value : DEFAULT_EPSILON;
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(elementAt(variance, c) + epsilon));
  const shift = Float64Array.from(beta, (value, c) => value - elementAt(mean, c) * elementAt(scale, c));
  return { scale, shift };
}

interface NewTensors {
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly pickName: (wanted: string) => string;
}

/** What a Conv or Gemm reads in place of its kernel and bias; undefined for other nodes. */
function scaleNode(
  node: OnnxNode,
  scaling: ChannelScaling,
  { initializers, pickName }: NewTensors,
): { readonly inputs: readonly string[]; readonly tensors: readonly OnnxTensor[] } | undefined {
  const channelAxis = findChannelAxis(node);
  const [x = "", kernelName = "", biasName = ""] = node.inputs;
  const kernel = initializers.get(kernelName);
  const bias = initializers.get(biasName);
  if (channelAxis === undefined || kernel?.dataType !== "float32" || kernel.external) return undefined;
  if (biasName !== "" && (bias?.dataType !== "float32" || bias.external)) return undefined;
  const channels = scaling.scale.length;
  if (kernel.shape[channelAxis] !== channels) return undefined;
  const own = bias ? readFloats(bias) : undefined;
  const shifted = Float32Array.from(
    scaling.shift,
    (shift, c) => (own ? elementAt(own, own.length === 1 ? 0 : c) : 0) * elementAt(scaling.scale, c) + shift,
  );
  const scaled = createFloats(pickName(`${kernelName}/folded`), kernel.shape, scaleAxis(kernel, channelAxis, scaling));
  const sum = createFloats(pickName(`${bias ? biasName : `${kernelName}/bias`}/folded`), [channels], shifted);
  return { inputs: [x, scaled.name, sum.name], tensors: [scaled, sum] };
}

/** The axis of the kernel that counts the outputs. A Gemm with factors of its own is left alone. */
function findChannelAxis({ op, attributes }: OnnxNode): number | undefined {
  if (op === "Conv") return 0;
  const hasFactors = ["alpha", "beta"].some((name) => attributes[name] !== undefined);
  if (op !== "Gemm" || hasFactors) return undefined;
  const transB = attributes.transB;
  return transB?.kind === "int" && transB.value === 1 ? 0 : 1;
}

function scaleAxis(tensor: OnnxTensor, axis: number, { scale }: ChannelScaling): Float32Array {
  const inner = tensor.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return Float32Array.from(
    readFloats(tensor),
    (value, i) => value * elementAt(scale, Math.floor(i / inner) % scale.length),
  );
}
