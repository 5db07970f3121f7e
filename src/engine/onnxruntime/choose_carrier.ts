import process from "node:process";
import { assertOneOf, RefusalError } from "../../core/errors/errors.ts";
import { DOUBLE_DEVICE } from "../device/double_driver.ts";
import { CARRIER_NAMES, type Carrier, type CarrierName } from "./carrier.ts";
import type { NativeOutcome } from "./native/find_native.ts";

/** The environment variable that forces a carrier. */
export const CARRIER_VARIABLE = "FIRN_ORT";

/**
 * The carrier that the environment variable FIRN_ORT asks for; undefined where it is not set.
 * @throws {RangeError} If it has another value than "native" or "addon".
 */
export function readCarrierChoice(value = process.env[CARRIER_VARIABLE]): CarrierName | undefined {
  if (value === undefined || value === "") return undefined;
  assertOneOf("the environment", CARRIER_VARIABLE, value, CARRIER_NAMES);
  return CARRIER_NAMES.find((name) => name === value);
}

/**
 * Opens a way to onnxruntime for one engine: its C API on the processor and on CUDA, where that is there and computes
 * what it should, else the addon.
 * @param choice Forces one of them. By default the environment may.
 * @throws {RefusalError} If the C API is forced and cannot be used.
 */
export async function openCarrier(device: string, choice = readCarrierChoice()): Promise<Carrier> {
  if (choice === "addon" && device !== DOUBLE_DEVICE) return openAddon(`${CARRIER_VARIABLE}=addon`);
  return chooseCarrier(await findNativeOn(device), choice);
}

/**
 * The carrier by the C API where that is there, else the addon, which says why.
 * @throws {RefusalError} If the C API is forced and not there.
 */
export async function chooseCarrier(native: NativeOutcome, choice: CarrierName | undefined): Promise<Carrier> {
  if (native.isThere) return native.carrier;
  if (choice === "native") throw new RefusalError(`FIRN_ORT=native: ${native.reason}`);
  return openAddon(native.reason);
}

/**
 * Refuses what the environment asks for, where that cannot be had: before anything is begun.
 * @throws {RefusalError} If it names no carrier, or the C API and that cannot be used on this device.
 */
export async function assertCarrierChoice(device: string): Promise<void> {
  if (readCarrierChoice() === "native") await openCarrier(device);
}

async function findNativeOn(device: string): Promise<NativeOutcome> {
  if (device === "webgpu") return { isThere: false, reason: "the C API is used on cpu and cuda, not on webgpu" };
  if (device !== "cpu") {
    const { findDeviceCarrier } = await import("./native/find_device_carrier.ts");
    return findDeviceCarrier(device);
  }
  const { findNative } = await import("./native/find_native.ts");
  return findNative();
}

async function openAddon(reason: string): Promise<Carrier> {
  const { createAddonCarrier } = await import("./addon/addon_carrier.ts");
  return createAddonCarrier(reason);
}
