import { InferenceSession } from "onnxruntime-node";
import { valueAt } from "../../core/element_at.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import type { ExportBatch } from "../export/export_session.ts";
import { createFeeds } from "../export/export_session.ts";
import { inferGraphTypes } from "../export/infer_graph_types.ts";
import { encodeModel } from "../file/encode_model.ts";
import type { OnnxModel } from "../file/onnx_model.ts";
import type { ValueRange } from "./quantize.ts";
import { chooseQuantizedValues } from "./quantized_values.ts";

/**
 * The least and the largest number of each value that `quantize` gives a scale, on these samples.
 * @throws {RangeRefusal} If there is no sample, or a value is not finite.
 */
export async function calibrate(
  model: OnnxModel,
  batches: Iterable<ExportBatch>,
): Promise<ReadonlyMap<string, ValueRange>> {
  const { graph } = model;
  const measured = [...chooseQuantizedValues(graph).measured];
  const types = inferGraphTypes(graph, "the exported model");
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const known = graph.outputs.map(({ name }) => name);
  const shown = measured.filter((name) => !inputs.has(name) && !known.includes(name));
  const outputs = [...graph.outputs, ...shown.map((name) => ({ ...valueAt(types, name), name }))];
  const session = await InferenceSession.create(encodeModel({ ...model, graph: { ...graph, outputs } }), {
    logSeverityLevel: 4,
  });
  const ranges = new Map<string, ValueRange>();
  try {
    for (const batch of batches) {
      const feeds = createFeeds(session, batch);
      const results = { ...(await session.run(feeds)), ...feeds };
      for (const name of measured) widen(ranges, name, results[name]?.data);
    }
  } finally {
    await session.release();
  }
  if (ranges.size === measured.length) return ranges;
  throw new RangeRefusal("precision int8 needs samples to measure values on, got none");
}

function widen(ranges: Map<string, ValueRange>, name: string, values: unknown): void {
  if (!(values instanceof Float32Array)) throw new RangeRefusal(`precision int8: "${name}" must be of float32`);
  let { least, most } = ranges.get(name) ?? { least: 0, most: 0 };
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeRefusal(`precision int8: "${name}" must be finite, got ${value}`);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  ranges.set(name, { least, most });
}
