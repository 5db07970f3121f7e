import { findNative } from "../../../../src/engine/onnxruntime/native/find_native.ts";
import type { NativeApi } from "../../../../src/engine/onnxruntime/native/native_api.ts";

/** The C API of this thread. @throws {Error} If it cannot be used here: then what tests it has nothing to test. */
export async function openApi(): Promise<NativeApi> {
  const outcome = await findNative();
  if (!outcome.isThere) throw new Error(outcome.reason);
  return outcome.api;
}

/**
 * Sessions, options and values that were made and not freed. Bindings are counted apart: a session keeps some for
 * arrays that come again.
 */
export function countLive(api: NativeApi): number {
  const sessions = api.countMade("CreateSessionFromArray") - api.countFreed("ReleaseSession");
  const options = api.countMade("CreateSessionOptions") - api.countFreed("ReleaseSessionOptions");
  const values = api.countMade("CreateTensorWithDataAsOrtValue") - api.countFreed("ReleaseValue");
  return sessions + options + values;
}

/** Bindings that were made and not freed. */
export function countBindings(api: NativeApi): number {
  return api.countMade("CreateIoBinding") - api.countFreed("ReleaseIoBinding");
}
