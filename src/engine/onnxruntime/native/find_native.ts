import { describeCause } from "../../../core/errors/errors.ts";
import { openForeignInterface } from "../../../core/foreign/open_foreign_interface.ts";
import type { Carrier } from "../carrier.ts";
import { findLibrary } from "./library_path.ts";
import { NativeApi } from "./native_api.ts";
import { createNativeCarrier } from "./native_carrier.ts";
import { assertComputes } from "./self_test.ts";

/** A carrier by the C API, or in one line why this thread cannot use it. */
export type NativeOutcome =
  | { readonly isThere: true; readonly carrier: Carrier; readonly api: NativeApi }
  | { readonly isThere: false; readonly reason: string };

let found: Promise<NativeOutcome> | undefined;

/** Opens the C API and tests it: once in a thread, in a few milliseconds. Never throws. */
export function findNative(): Promise<NativeOutcome> {
  found ??= openNative(findLibrary);
  return found;
}

/** Opens and tests the library at the path that `locate` gives. Never throws. */
export async function openNative(locate: () => string): Promise<NativeOutcome> {
  try {
    const api = NativeApi.open(await openForeignInterface(), locate());
    const carrier = createNativeCarrier(api);
    await assertComputes(carrier);
    return { isThere: true, carrier, api };
  } catch (error) {
    const [reason = ""] = describeCause(error).split("\n");
    return { isThere: false, reason: `the C API cannot be used: ${reason}` };
  }
}
