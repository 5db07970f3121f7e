import type { OnnxGraph, OnnxNode, OnnxTensor } from "../file/onnx_model.ts";

/** How often each value of a graph is read: by nodes, by the graphs within them, and as an output. */
export function countUses(graph: OnnxGraph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const add = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const name of listReads(graph)) add(name);
  return uses;
}

function* listReads({ nodes, outputs }: OnnxGraph): Generator<string> {
  for (const { inputs, attributes } of nodes) {
    yield* inputs;
    for (const attribute of Object.values(attributes))
      if (attribute.kind === "graph") yield* listReads(attribute.value);
  }
  for (const { name } of outputs) yield name;
}

/** Gives names that no value of the graph has yet: the wanted one where it is free, else with a number behind it. */
export function createNamer(graph: OnnxGraph): (wanted: string) => string {
  const taken = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
    ...listReads(graph),
  ]);
  return (wanted) => {
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
    taken.add(name);
    return name;
  };
}

/** The same graph, in which every node reads other values in place of those that `renamed` names. */
export function renameInputs(graph: OnnxGraph, renamed: ReadonlyMap<string, string>): OnnxGraph {
  if (renamed.size === 0) return graph;
  return { ...graph, nodes: graph.nodes.map((node) => renameNodeInputs(node, renamed)) };
}

/** The same node, and the graphs within it, with other inputs. */
export function renameNodeInputs(node: OnnxNode, renamed: ReadonlyMap<string, string>): OnnxNode {
  const inputs = node.inputs.map((name) => renamed.get(name) ?? name);
  const attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([name, attribute]) => [
      name,
      attribute.kind === "graph" ? { ...attribute, value: renameInputs(attribute.value, renamed) } : attribute,
    ]),
  );
  return { ...node, inputs, attributes };
}

/** Leaves out the initializers that nothing reads. */
export function dropUnusedInitializers(graph: OnnxGraph): OnnxGraph {
  const uses = countUses(graph);
  return { ...graph, initializers: graph.initializers.filter(({ name }) => uses.has(name)) };
}

/** The initializers by name. */
export function mapInitializers({ initializers }: OnnxGraph): ReadonlyMap<string, OnnxTensor> {
  return new Map(initializers.map((tensor) => [tensor.name, tensor]));
}

/** A tensor of float32 as values, a copy where its bytes do not begin at a multiple of 4. */
export function readFloats({ bytes }: OnnxTensor): Float32Array {
  return bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : new Float32Array(bytes.slice().buffer);
}

/** A tensor of int64 as numbers. */
export function readIntegers({ bytes }: OnnxTensor): readonly number[] {
  return Array.from(new BigInt64Array(bytes.slice().buffer), Number);
}

/** Values as a tensor of float32; they are borrowed. */
export function createFloats(name: string, shape: readonly number[], values: Float32Array): OnnxTensor {
  const { buffer, byteOffset, byteLength } = values;
  return { name, shape, dataType: "float32", bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}
