import { z } from "zod";
import { elementAt } from "../../core/element_at.ts";
import type { ExportBatch } from "./export_session.ts";

/** How raw values become a model's inputs: (x · scale − mean[c]) / std[c], c the last axis; one value serves all. */
export interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Metadata of a converted file: the order of the axes of its images, if it is not the data's own. */
export const LAYOUT_KEY = "firn.layout";
/** Metadata of a converted file that normalises: how. */
export const PREPROCESS_KEY = "firn.preprocess";

const normalizationSchema = z.object({ scale: z.number(), mean: z.array(z.number()), std: z.array(z.number()) });

/** The normalisation that a file's metadata name; undefined where they name none, or something else. */
export function readNormalization(
  metadata: Readonly<Record<string, string>>,
  key: string = "firn.normalization",
): Preprocessing | undefined {
  try {
    return normalizationSchema.parse(JSON.parse(metadata[key] ?? ""));
  } catch {
    return undefined;
  }
}

/**
 * Makes of normalised samples [n, …], channels last, what a file takes: raw values where it normalises them itself,
 * channels first where it wants them so.
 */
export function createInputForm(metadata: Readonly<Record<string, string>>): (batch: ExportBatch) => ExportBatch {
  const normalization = readNormalization(metadata, PREPROCESS_KEY);
  const isChannelsFirst = metadata[LAYOUT_KEY] === "nchw";
  return (batch) => {
    const raw = normalization ? { ...batch, data: undoNormalization(batch, normalization) } : batch;
    return isChannelsFirst ? putChannelsFirst(raw) : raw;
  };
}

/** (x · std[c] + mean[c]) / scale */
function undoNormalization({ data, shape }: ExportBatch, { scale, mean, std }: Preprocessing): Float32Array {
  const channels = Math.max(mean.length, std.length, 1) === 1 ? 1 : (shape.at(-1) ?? 1);
  const at = (values: readonly number[], c: number, fallback: number) =>
    (values.length === 1 ? values[0] : values[c]) ?? fallback;
  const factors = Float64Array.from({ length: channels }, (_, c) => at(std, c, 1) / scale);
  const offsets = Float64Array.from({ length: channels }, (_, c) => at(mean, c, 0) / scale);
  return data.map((value, i) => value * elementAt(factors, i % channels) + elementAt(offsets, i % channels));
}

/** [n, H, W, C] as [n, C, H, W]. The caller owns the result. */
export function putChannelsFirst(batch: ExportBatch): ExportBatch {
  const [rows = 0, height = 0, width = 0, channels = 0] = batch.shape;
  const data = new Float32Array(batch.data.length);
  const pixels = height * width;
  for (let i = 0; i < data.length; i++) {
    const [row, rest] = [Math.floor(i / (pixels * channels)), i % (pixels * channels)];
    data[(row * channels + (rest % channels)) * pixels + Math.floor(rest / channels)] = elementAt(batch.data, i);
  }
  return { ...batch, data, shape: [rows, channels, height, width] };
}
