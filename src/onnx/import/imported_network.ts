import type { z } from "zod";
import type { adapterSchema, networkSchema, partSchema } from "./parse_network.ts";

/**
 * A network read from an ONNX file, without the values of its weights: plain data, which a layer's settings hold.
 * - `input`: what it takes; `shape` is one sample's. Where the file has several inputs it is a row of numbers, of which
 *   the `parts` follow each other; those with a `fill` are that number throughout, and not in the row.
 * - `nodes`: as in the file, those that the output needs, in its order.
 * - `statics`: numbers that are no weights: shapes, axes, indices, single floats.
 * - `weights`: float tensors by the names that parameters get, with the parameters' shapes. What is not trainable is
 *   part of the state. `order` says which axis of the parameter each axis of the file's weight is, where they lie in
 *   another order (`chooseWeightOrder`).
 * - `dataType` of numbers and weights: what they were in the file, if not float32 or int64.
 * - `origin`: what the file's inputs and its output are called, with one sample's shape, and the nodes that made the
 *   output of what the network ends with (a softmax).
 * - `adapters`: which nodes and weights `addAdapters` has put beside products.
 */
export type ImportedNetwork = z.infer<typeof networkSchema>;

/** One of several inputs of a file. */
export type ImportedPart = z.infer<typeof partSchema>;

/**
 * A low-rank adapter of `weight`, W: the weights `a` [r, in] and `b` [out, r], or with the axes of a window behind
 * these; W's axis `outputAxis` is out. Each use is a product that is called `base` now, the sum that has its name, and
 * the outputs of the nodes that were added.
 */
export type ImportedAdapter = z.infer<typeof adapterSchema>;

/** One operator of an imported network. */
export type ImportedNode = ImportedNetwork["nodes"][number];

/**
 * The network as a text, for a layer's settings. TF.js writes the texts of settings in snake case, and reads them in
 * camel case: capitals and underscores are written by their numbers.
 */
export function formatNetwork(network: ImportedNetwork): string {
  // JSON has no infinities, which bounds may be.
  const json = JSON.stringify(network, (_, value) => (isUnwritable(value) ? { number: String(value) } : value));
  return json.replace(/[A-Z_~]/g, (letter) => `~${letter.charCodeAt(0).toString(16)}`);
}

function isUnwritable(value: unknown): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}
