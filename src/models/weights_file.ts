import { z } from "zod";

/** The schema of `WeightsFile`. */
export const weightsFileSchema = z.strictObject({
  kind: z.enum(["onnx", "tfjs", "kept"]),
  path: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  options: z.record(z.string(), z.unknown()),
});

/**
 * A file that a model was made from, as plain data: `path` is what was typed, `sha256` the hash of its contents (of an
 * ONNX file and those beside it, of a model.json and its shards), and `options` those of `onnxModel` or `tfjsModel`
 * but the path, as JSON. Or "kept": a file in the run's own folder, where a model came from none; `sha256` is of the
 * hashes of its weights.
 */
export type WeightsFile = z.infer<typeof weightsFileSchema>;

/** Where the weights of a model came from. */
export interface WeightsOrigin {
  readonly file: WeightsFile;
  /** SHA-256 of each weight that is not trained, as the file gave it, by its name in the layout of the state. */
  readonly hashes: ReadonlyMap<string, string>;
}
