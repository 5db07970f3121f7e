import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { RefusalError } from "../../../core/errors/errors.ts";
import { importOptionalPackage } from "./optional_package.ts";

/**
 * Registers the backend "tensorflow": libtensorflow, on CPU or CUDA. It sees one GPU per process, the last of
 * `CUDA_VISIBLE_DEVICES`.
 * @throws {Error} If the package or its library is missing.
 */
export async function startNodeBackend(name: "@tensorflow/tfjs-node" | "@tensorflow/tfjs-node-gpu"): Promise<void> {
  restoreNullCheck();
  await importOptionalPackage(name, "TF.js on libtensorflow", tf.version.tfjs);
  if (!tf.findBackendFactory("tensorflow")) {
    const rule = "one copy of @tensorflow/tfjs, of one version";
    throw new RefusalError(`${name} needs ${rule}, but it brought a copy of its own`);
  }
}

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which newer Nodes, Bun and Deno no longer have. */
function restoreNullCheck(): void {
  if (!("isNullOrUndefined" in util)) {
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  }
}
