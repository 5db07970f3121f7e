import { elementAt, valueAt } from "../../core/element_at.ts";
import { int, type OnnxGraph, type OnnxNode, type OnnxTensor } from "../file/onnx_model.ts";
import { createFloats, createNamer, mapInitializers, readFloats, renameInputs } from "./edit_graph.ts";
import { chooseQuantizedValues } from "./quantized_values.ts";

/** The least and the largest number that a value had on the samples of the calibration. */
export interface ValueRange {
  readonly least: number;
  readonly most: number;
}

/** Steps of a value, uint8. */
const VALUE_STEPS = 255;
/** Steps of a kernel on each side of zero: 7 bits, so that no processor's sum of products of 16 bits overflows. */
const KERNEL_STEPS = 63;

/** Steps of a bias, int32, on each side of zero. A larger one makes the steps of its kernel larger. */
const MOST_BIAS_STEPS = 2 ** 30;

/** A number is (q − zero) · scale. */
interface Scale {
  readonly scale: number;
  readonly zero: number;
}

/**
 * The graph with quantised kernels (int8, one scale for each output channel) and values (uint8), as pairs of
 * QuantizeLinear and DequantizeLinear: runtimes compute on the integers between them.
 * @param ranges Of all values that `chooseQuantizedValues` measures.
 * @see Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
 * arXiv:1712.05877
 */
export function quantize(graph: OnnxGraph, ranges: ReadonlyMap<string, ValueRange>): OnnxGraph {
  const { products, measured, moved } = chooseQuantizedValues(graph);
  const scales = new Map<string, Scale>([...measured].map((name) => [name, chooseScale(valueAt(ranges, name))]));
  for (const [name, from] of moved) scales.set(name, valueAt(scales, from));
  const pickName = createNamer(graph);
  const tensors: OnnxTensor[] = [];
  const quantized = new Map<string, string>();
  const pairs = new Map(
    [...scales].map(([name, scale]) => {
      const pair = createPair(name, scale, { pickName, tensors });
      quantized.set(name, elementAt(elementAt(pair, 1).outputs, 0));
      return [name, pair] as const;
    }),
  );
  const initializers = mapInitializers(graph);
  const nodes = graph.nodes.flatMap((node) => {
    const [before, own] = products.has(node)
      ? quantizeKernel(node, { scales, initializers, pickName, tensors })
      : [[], node];
    const renamed = renameInputs({ ...graph, nodes: [own] }, quantized).nodes;
    return [...before, ...renamed, ...node.outputs.flatMap((output) => pairs.get(output) ?? [])];
  });
  const ofInputs = graph.inputs.flatMap(({ name }) => pairs.get(name) ?? []);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const kept = graph.initializers.filter(({ name }) => read.has(name));
  return { ...graph, nodes: [...ofInputs, ...nodes], initializers: [...kept, ...tensors] };
}

/** Zero is a step of its own, so that padding and Relu lose nothing. */
function chooseScale({ least, most }: ValueRange): Scale {
  const [low, high] = [Math.min(least, 0), Math.max(most, 0)];
  const scale = Math.fround((high - low) / VALUE_STEPS);
  return scale > 0 ? { scale, zero: Math.round(-low / scale) } : { scale: 1, zero: 0 };
}

interface Growing {
  readonly pickName: (wanted: string) => string;
  /** What the graph gains. */
  readonly tensors: OnnxTensor[];
}

function createPair(name: string, { scale, zero }: Scale, { pickName, tensors }: Growing): readonly OnnxNode[] {
  const scaleTensor = createFloats(pickName(`${name}/scale`), [], Float32Array.of(scale));
  const zeroTensor = {
    name: pickName(`${name}/zero`),
    shape: [],
    dataType: "uint8",
    bytes: Uint8Array.of(zero),
  } as const;
  tensors.push(scaleTensor, zeroTensor);
  const [integers, floats] = [pickName(`${name}/quantized`), pickName(`${name}/dequantized`)];
  const rest = [scaleTensor.name, zeroTensor.name];
  return [
    { op: "QuantizeLinear", name: integers, inputs: [name, ...rest], outputs: [integers], attributes: {} },
    { op: "DequantizeLinear", name: floats, inputs: [integers, ...rest], outputs: [floats], attributes: {} },
  ];
}

/** The nodes that give a product its kernel and bias from integers, and the product that reads them. */
function quantizeKernel(
  node: OnnxNode,
  context: Growing & {
    readonly scales: ReadonlyMap<string, Scale>;
    readonly initializers: ReadonlyMap<string, OnnxTensor>;
  },
): readonly [readonly OnnxNode[], OnnxNode] {
  const { scales, initializers, pickName, tensors } = context;
  const [x = "", kernelName = "", biasName = ""] = node.inputs;
  const kernel = valueAt(initializers, kernelName);
  const axis = findChannelAxis(node);
  const bias = initializers.get(biasName);
  const scaleOfX = valueAt(scales, x).scale;
  const { values, steps } = quantizeByChannel(kernel, axis, (c) => {
    const value = bias ? Math.abs(elementAt(readFloats(bias), c)) : 0;
    return value / scaleOfX / MOST_BIAS_STEPS;
  });
  const add = (name: string, integers: OnnxTensor, scale: Float32Array, channelAxis: number): OnnxNode => {
    const scaleTensor = createFloats(pickName(`${name}/scale`), [scale.length], scale);
    tensors.push(integers, scaleTensor);
    const output = pickName(`${name}/dequantized`);
    const inputs = [integers.name, scaleTensor.name];
    return { op: "DequantizeLinear", name: output, inputs, outputs: [output], attributes: { axis: int(channelAxis) } };
  };
  const bytes = new Uint8Array(values.buffer);
  const integers = { name: pickName(`${kernelName}/quantized`), shape: kernel.shape, dataType: "int8", bytes } as const;
  const ofKernel = add(kernelName, integers, steps, axis);
  const inputs = [x, elementAt(ofKernel.outputs, 0)];
  if (!bias) return [[ofKernel], { ...node, inputs }];
  const biasSteps = steps.map((step) => Math.fround(step * scaleOfX));
  const sums = Int32Array.from(readFloats(bias), (value, c) => Math.round(value / elementAt(biasSteps, c)));
  const biasBytes = new Uint8Array(sums.buffer);
  const biasName32 = pickName(`${biasName}/quantized`);
  const ofBias = add(
    biasName,
    { name: biasName32, shape: bias.shape, dataType: "int32", bytes: biasBytes },
    biasSteps,
    0,
  );
  return [[ofKernel, ofBias], { ...node, inputs: [...inputs, elementAt(ofBias.outputs, 0)] }];
}

/** The axis of a kernel that counts the outputs. */
function findChannelAxis({ op, attributes }: OnnxNode): number {
  const { transB } = attributes;
  return op === "Conv" || (transB?.kind === "int" && transB.value === 1) ? 0 : 1;
}

/** A kernel's numbers in int8, and how much a step is in each output channel: no less than `leastStep`. */
function quantizeByChannel(
  kernel: OnnxTensor,
  axis: number,
  leastStep: (channel: number) => number,
): { readonly values: Int8Array; readonly steps: Float32Array<ArrayBuffer> } {
  const floats = readFloats(kernel);
  const channels = elementAt(kernel.shape, axis);
  const inner = kernel.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const steps = new Float32Array(channels);
  for (const [i, value] of floats.entries()) {
    const c = channelOf(i);
    steps[c] = Math.max(elementAt(steps, c), Math.abs(value));
  }
  for (const [c, most] of steps.entries()) steps[c] = Math.max(most / KERNEL_STEPS, leastStep(c)) || 1;
  return { values: Int8Array.from(floats, (value, i) => Math.round(value / elementAt(steps, channelOf(i)))), steps };
}
