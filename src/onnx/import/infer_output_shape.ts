import { valueAt } from "../../core/element_at.ts";
import { describeCause, RangeRefusal } from "../../core/errors/errors.ts";
import { differentiate, GradientError } from "../differentiate.ts";
import type { ValueName } from "../graph.ts";
import { GraphBuilder } from "../graph_builder.ts";
import { describeShape, sampleShapeOf } from "../shape.ts";
import { declareTensors } from "../topology/tensor_sources.ts";
import type { ImportedNetwork, ImportedNode } from "./imported_network.ts";
import { describeNode, replayNetwork } from "./replay_network.ts";

/**
 * The shape of what a network gives for one sample. Going through all of it, and back to the weights that are trained,
 * finds what cannot be imported or trained, too. A part that is not trained needs no gradients.
 * @param subject What messages begin with: the file.
 * @throws {RangeError} If a node has no rule, or stands above a trained weight and has no gradient, or the output is
 * not [N, …].
 */
export function inferOutputShape(network: ImportedNetwork, sampleShape: readonly number[], subject: string): number[] {
  const shapes = new Map(network.weights.map(({ name, shape }) => [`network/${name}`, shape]));
  const graph = new GraphBuilder(declareTensors((name) => valueAt(shapes, name)));
  const type = { shape: ["N" as const, ...sampleShape], dataType: "float32" as const };
  const x = graph.input("samples", type, { kind: "samples" });
  const owners = new Map<ValueName, ImportedNode>();
  const onNode = (node: ImportedNode, values: readonly ValueName[]) => {
    for (const value of values) owners.set(value, node);
  };
  try {
    const y = replayNetwork(network, { layer: "network", x, mode: "train", onNode }, graph);
    const shape = graph.shapeOf(y);
    if (shape[0] !== "N" || shape.length < 2) {
      throw new RangeRefusal(`it gives ${describeShape(shape)}, no [N, …]: export it with a dynamic batch`);
    }
    const gradient = graph.input("gradient", graph.typeOf(y), { kind: "outputGradient" });
    const trained = network.weights.flatMap(({ name, isTrainable }) => (isTrainable ? [`network/${name}`] : []));
    differentiate(graph, { seeds: [{ value: y, gradient }], wanted: trained });
    return sampleShapeOf(shape);
  } catch (cause) {
    const owner = cause instanceof GradientError ? owners.get(cause.value) : undefined;
    const about = owner
      ? `weights before ${describeNode(owner)} cannot be trained, trainable= can leave them out: `
      : "";
    throw new RangeRefusal(`${subject}: ${about}${describeCause(cause)}`, { cause });
  }
}
