import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import { guardIds } from "./guard_ids.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type Conversion, type LayerFamily, never } from "./layer_definition.ts";
import { markOthers } from "./masking.ts";
import { readFlag, readInteger } from "./read_setting.ts";

/** Rows of a table: ids [N, …] to [N, …, units]; the table is `${layer}/embeddings` [size, units]. */
export interface EmbeddingSpec extends LayerCall {
  readonly kind: "embedding";
  readonly layer: string;
  /** Ids go from 0 to size − 1. */
  readonly size: number;
  readonly units: number;
  /** True where the id 0 is filling: times of it do not count. */
  readonly masksZero: boolean;
}

/** Look-up of rows by id. */
export const embeddingLayers = {
  embedding: {
    parameters: ({ layer, size, units }) => [{ name: `${layer}/embeddings`, shape: [size, units], isTrainable: true }],
    convert: convertEmbedding,
    dependsOnMode: never,
    mask: ({ masksZero }, [x = ""], { graph }) => (masksZero ? markOthers(x, 0, graph) : undefined),
  },
} satisfies LayerFamily<EmbeddingSpec>;

/** Its class in TF.js. */
export const embeddingClasses = {
  Embedding: (layer, call) => ({
    ...call,
    kind: "embedding",
    layer: layer.config.name,
    size: readInteger(layer, "input_dim", { minimum: 1 }),
    units: readInteger(layer, "output_dim", { minimum: 1 }),
    masksZero: readFlag(layer, "mask_zero", false),
  }),
} satisfies ClassFamily<EmbeddingSpec>;

/** Embedding, ids [N, …] to [N, …, units]: Gather-13 from the table. Ids are floats, as all samples are. */
function convertEmbedding(
  layer: EmbeddingSpec,
  [x = ""]: readonly ValueName[],
  { graph, isExport = false }: Conversion,
): ValueName {
  const ids = isExport ? guardIds(x, layer.size, graph) : graph.node("Cast", [x], { to: int(INT64) });
  return graph.node("Gather", [graph.parameter(`${layer.layer}/embeddings`), ids], { axis: int(0) });
}

/** The format's number for int64. */
const INT64 = 7;
