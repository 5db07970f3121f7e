import { elementAt } from "../../core/element_at.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "../file/onnx_model.ts";
import { readInts } from "../ops/operands.ts";
import {
  countUses,
  createNamer,
  dropUnusedInitializers,
  mapInitializers,
  readIntegers,
  renameInputs,
} from "./edit_graph.ts";

/** Bytes of an element whose axes can be put in another order here. */
const ELEMENT_BYTES = 4;

/**
 * The graph in which tensors of the file stand as they are used: where a node only puts a constant's axes in another
 * order or gives it another shape, its output is an initializer. Training keeps the kernels of convolutions with the
 * taps first; readers of files expect [filters, in, taps…] and no Transpose before it. The tensor keeps its name where
 * nothing else reads it.
 */
export function foldConstants(graph: OnnxGraph): OnnxGraph {
  const uses = countUses(graph);
  const pickName = createNamer(graph);
  const initializers = new Map(mapInitializers(graph));
  /** Outputs that became constants, by the names of those. */
  const folded = new Map<string, string>();
  const nodes: OnnxNode[] = [];
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const before of graph.nodes) {
    const node = { ...before, inputs: before.inputs.map((name) => folded.get(name) ?? name) };
    const [output = ""] = node.outputs;
    const tensor = outputs.has(output) ? undefined : foldNode(node, initializers);
    if (!tensor) {
      nodes.push(node);
      continue;
    }
    const isSoleUse = uses.get(elementAt(before.inputs, 0)) === 1;
    const name = isSoleUse ? tensor.name : pickName(`${tensor.name}/${node.op.toLowerCase()}`);
    initializers.set(name, { ...tensor, name });
    folded.set(output, name);
  }
  const changed = renameInputs({ ...graph, nodes, initializers: [...initializers.values()] }, folded);
  return dropUnusedInitializers(changed);
}

/** What a node makes of a constant, under the constant's name; undefined where it is not for this pass. */
function foldNode(node: OnnxNode, initializers: ReadonlyMap<string, OnnxTensor>): OnnxTensor | undefined {
  const [x, shape] = node.inputs.map((name) => initializers.get(name));
  if (!x || x.external) return undefined;
  switch (node.op) {
    case "Identity":
      return x;
    case "Transpose":
      return x.bytes.length === ELEMENT_BYTES * countElements(x.shape) ? transposeTensor(x, node) : undefined;
    case "Reshape": {
      const wanted = shape ? readIntegers(shape) : [];
      // 0 and −1 stand for lengths that would have to be found out.
      return shape && wanted.every((length) => length > 0) ? { ...x, shape: wanted } : undefined;
    }
    default:
      return undefined;
  }
}

function countElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function transposeTensor(tensor: OnnxTensor, { attributes }: OnnxNode): OnnxTensor {
  const order = attributes.perm ? readInts(attributes, "perm") : tensor.shape.map((_, i) => i).reverse();
  const shape = order.map((axis) => elementAt(tensor.shape, axis));
  // Words, whatever they hold: numbers would lose NaN's bits.
  const from = new Uint32Array(tensor.bytes.slice().buffer);
  const to = new Uint32Array(from.length);
  const strides = countStrides(tensor.shape);
  const steps = order.map((axis) => elementAt(strides, axis));
  const place = shape.map(() => 0);
  let source = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = elementAt(from, source);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = elementAt(place, axis) + 1;
      source += elementAt(steps, axis);
      if (next < elementAt(shape, axis)) {
        place[axis] = next;
        break;
      }
      source -= next * elementAt(steps, axis);
      place[axis] = 0;
    }
  }
  return { ...tensor, shape, bytes: new Uint8Array(to.buffer) };
}

/** How many elements lie between neighbours on each axis. */
function countStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => countElements(shape.slice(axis + 1)));
}
