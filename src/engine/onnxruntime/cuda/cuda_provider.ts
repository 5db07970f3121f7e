import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describeCause } from "../../../core/errors/errors.ts";
import { findLibrary } from "../native/library_path.ts";

/** The files of onnxruntime's CUDA provider. It looks for them beside its library; the first is loaded first. */
export const PROVIDER_FILES = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"] as const;

/** What of CUDA is there for onnxruntime, before a GPU is asked for. */
export type CudaProviderState =
  | { readonly kind: "absent" }
  /** In the loader's own words: "libcuda.so.1: cannot open shared object file: No such file or directory". */
  | { readonly kind: "unloadable"; readonly words: string }
  | { readonly kind: "loadable" };

/**
 * What the loader says of onnxruntime's CUDA provider, where that is installed. It is asked each time: it keeps what
 * it could load.
 * @param folder Where the provider lies; by default beside onnxruntime's library. No library is no provider.
 */
export function findCudaProvider(folder = findFolder()): CudaProviderState {
  if (folder === undefined) return { kind: "absent" };
  if (!isInstalled(folder)) return { kind: "absent" };
  for (const path of listFiles(folder)) {
    const words = tryToLoad(path);
    if (words !== undefined) return { kind: "unloadable", words };
  }
  return { kind: "loadable" };
}

/** Whether onnxruntime is there without its CUDA provider. Loads nothing. */
export function lacksCudaProvider(folder = findFolder()): boolean {
  return folder !== undefined && !isInstalled(folder);
}

function isInstalled(folder: string): boolean {
  return listFiles(folder).every((path) => existsSync(path));
}

function listFiles(folder: string): readonly string[] {
  return PROVIDER_FILES.map((name) => join(folder, name));
}

function findFolder(): string | undefined {
  try {
    return dirname(findLibrary());
  } catch {
    return undefined;
  }
}

/**
 * What is wanting when everything that a library names was found and loaded: it is no addon, which is said by Bun and
 * by Deno, or wants the function by which onnxruntime gives itself to its providers.
 */
const LOADED = /napi_register_module|register Node-API module|undefined symbol: Provider_GetHost/;

function tryToLoad(path: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, path);
    return undefined;
  } catch (error) {
    const [line = ""] = describeCause(error).split("\n");
    return LOADED.test(line) ? undefined : line.replace(`${path}: `, "");
  }
}
