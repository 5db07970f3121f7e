import { describeCause } from "../../../core/errors/errors.ts";
import { findLibrary } from "./library_path.ts";
import { NativeApi } from "./native_api.ts";
import { openForeignInterface } from "./open_foreign_interface.ts";
import { assertComputes } from "./self_test.ts";

/** The C API, or in one line why this thread cannot use it. */
export type NativeOutcome =
  | { readonly isThere: true; readonly api: NativeApi }
  | { readonly isThere: false; readonly reason: string };

let found: Promise<NativeOutcome> | undefined;

/** Opens the C API and tests it: once in a thread, in a few milliseconds. Never throws. */
export function findNative(): Promise<NativeOutcome> {
  found ??= openTested();
  return found;
}

async function openTested(): Promise<NativeOutcome> {
  try {
    const api = NativeApi.open(await openForeignInterface(), findLibrary());
    await assertComputes(api);
    return { isThere: true, api };
  } catch (error) {
    const [reason = ""] = describeCause(error).split("\n");
    return { isThere: false, reason: `the C API cannot be used: ${reason}` };
  }
}
