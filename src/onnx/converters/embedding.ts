import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { EmbeddingSpec } from "../specs/sequence_layer_spec.ts";

/** Embedding, ids [N, …] to [N, …, units]: Gather-13 from the table. Ids are floats, as all samples are. */
export function convertEmbedding(layer: EmbeddingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const ids = graph.node("Cast", [x], { to: int(INT64) });
  return graph.node("Gather", [graph.parameter(`${layer.layer}/embeddings`), ids], { axis: int(0) });
}

/** The format's number for int64. */
const INT64 = 7;
