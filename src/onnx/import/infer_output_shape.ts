import { valueAt } from "../../core/element_at.ts";
import { describeCause, RangeRefusal } from "../../core/errors/errors.ts";
import { GraphBuilder } from "../graph_builder.ts";
import { describeShape, sampleShapeOf } from "../shape.ts";
import { declareTensors } from "../topology/tensor_sources.ts";
import type { ImportedNetwork } from "./imported_network.ts";
import { replayNetwork } from "./replay_network.ts";

/**
 * The shape of what a network gives for one sample. Going through all of it finds what cannot be imported, too.
 * @param subject What messages begin with: the file.
 * @throws {RangeError} If a node has no rule, or the output is not [N, …].
 */
export function inferOutputShape(network: ImportedNetwork, sampleShape: readonly number[], subject: string): number[] {
  const shapes = new Map(network.weights.map(({ name, shape }) => [`network/${name}`, shape]));
  const graph = new GraphBuilder(declareTensors((name) => valueAt(shapes, name)));
  const type = { shape: ["N" as const, ...sampleShape], dataType: "float32" as const };
  const x = graph.input("samples", type, { kind: "samples" });
  try {
    const shape = graph.shapeOf(replayNetwork(network, { layer: "network", x, mode: "eval" }, graph));
    if (shape[0] === "N" && shape.length > 1) return sampleShapeOf(shape);
    throw new RangeRefusal(`it gives ${describeShape(shape)}, no [N, …]: export it with a dynamic batch`);
  } catch (cause) {
    throw new RangeRefusal(`${subject}: ${describeCause(cause)}`, { cause });
  }
}
