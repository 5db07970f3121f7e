import type { InferenceSession } from "onnxruntime-node";
import { readCarrierChoice } from "../../engine/onnxruntime/choose_carrier.ts";
import { findNative } from "../../engine/onnxruntime/native/find_native.ts";
import type { NativeApi } from "../../engine/onnxruntime/native/native_api.ts";
import { NativeSession } from "../../engine/onnxruntime/native/native_session.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { AddonServedSession } from "./addon_served_session.ts";
import { NativeServedSession } from "./native_served_session.ts";
import type { ServedSession } from "./served_session.ts";

/** How a thread gets at a model: plain data, which crosses to other threads. */
export type ModelHandle =
  /** Loaded once for the process, by the C API. Who has the handle frees it, once, when no thread runs it any more. */
  | { readonly kind: "native"; readonly address: number }
  /** To be loaded by each thread. The path where tensors stand in a file beside it, else the bytes. */
  | { readonly kind: "addon"; readonly model: Uint8Array | string };

/** A model's file as it was read. */
export interface ModelSource {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly file: ServedFile;
}

/** The C API in this thread, if it can be used and nothing forces the addon. @throws {RefusalError} If it is forced. */
async function findServingApi(): Promise<NativeApi | undefined> {
  const choice = readCarrierChoice();
  if (choice === "addon") return undefined;
  const native = await findNative();
  if (native.isThere) return native.api;
  if (choice === "native") throw new Error(`FIRN_ORT=native: ${native.reason}`);
  return undefined;
}

/** Loads a model for the process. @throws {Error} If onnxruntime refuses it. */
export async function loadModel({ path, bytes, file }: ModelSource): Promise<ModelHandle> {
  const model = file.isDivided ? path : bytes;
  const api = await findServingApi();
  if (!api) return { kind: "addon", model };
  return { kind: "native", address: new NativeSession(api, model, { device: "cpu", intraOpThreads: 1 }).address };
}

/** Opens a loaded model in this thread, for batches of up to `capacity` rows. */
export async function openSession(
  handle: ModelHandle,
  { file, capacity }: { readonly file: ServedFile; readonly capacity: number },
): Promise<ServedSession> {
  if (handle.kind === "addon")
    return new AddonServedSession(await createAddonSession(handle.model), { file, capacity });
  const api = await findServingApi();
  if (!api) throw new Error("the C API was there in the thread that loaded the model, and is not here");
  return new NativeServedSession(api, { address: handle.address, file, capacity });
}

/** Frees what `loadModel` took, once no thread runs it. */
export async function freeModel(handle: ModelHandle): Promise<void> {
  if (handle.kind === "native") (await findServingApi())?.free("ReleaseSession", handle.address);
}

async function createAddonSession(model: Uint8Array | string): Promise<InferenceSession> {
  const { InferenceSession } = await import("onnxruntime-node");
  const options = { logSeverityLevel: 4, intraOpNumThreads: 1, interOpNumThreads: 1 } as const;
  return typeof model === "string" ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
}
