import process from "node:process";
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { describeCause, RefusalError } from "../../../core/errors/errors.ts";
import { BACKEND_PACKAGES, importOptionalPackage } from "./optional_package.ts";

/**
 * Registers the backend "tensorflow": libtensorflow, on CPU or CUDA. It sees one GPU per process, the last of
 * `CUDA_VISIBLE_DEVICES`.
 * @throws {Error} If the package or its library is missing.
 */
export async function startNodeBackend(backend: "tensorflow" | "tensorflow-gpu"): Promise<void> {
  restoreNullCheck();
  const wanted = BACKEND_PACKAGES[backend];
  await importOptionalPackage(wanted, tf.version.tfjs);
  if (!tf.findBackendFactory("tensorflow")) {
    const rule = "one copy of @tensorflow/tfjs, of one version";
    throw new RefusalError(`${wanted.name} needs ${rule}, but it brought a copy of its own`);
  }
}

/**
 * Refuses the backend where libtensorflow has loaded and found no GPU: it would compute on the processor.
 * @throws {Error} If it has none, with what the loader says of NVIDIA's driver.
 */
export function assertUsesGPU(): void {
  if (Reflect.get(tf.backend(), "isUsingGpuDevice") === true) return;
  throw new RefusalError(`@tensorflow/tfjs-node-gpu loads, and libtensorflow sees no GPU${describeDriver()}`);
}

/** Why NVIDIA's driver cannot be loaded; nothing where it can. */
function describeDriver(): string {
  try {
    const deno: unknown = Reflect.get(globalThis, "Deno");
    if (isLoader(deno)) deno.dlopen("libcuda.so.1", {});
    else process.dlopen({ exports: {} }, "libcuda.so.1");
  } catch (error) {
    const message = describeCause(error);
    // A library that loads is then missed as an addon, which it is not.
    if (/libcuda|shared object|No such file/.test(message)) return `: ${message.split("\n")[0]}`;
  }
  return "";
}

/** Deno's own loader; its process.dlopen takes paths alone. */
function isLoader(value: unknown): value is { dlopen(library: string, symbols: object): unknown } {
  return typeof value === "object" && value !== null && "dlopen" in value;
}

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which newer Nodes, Bun and Deno no longer have. */
function restoreNullCheck(): void {
  if (!("isNullOrUndefined" in util)) {
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  }
}
