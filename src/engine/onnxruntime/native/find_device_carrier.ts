import { findOrCreate } from "../../../core/find_or_create.ts";
import type { ForeignInterface } from "../../../core/foreign/foreign_interface.ts";
import { openForeignInterface } from "../../../core/foreign/open_foreign_interface.ts";
import { openCudaDriver } from "../../device/cuda_driver.ts";
import { createDeviceMemory, type DeviceDriver, type DeviceMemory } from "../../device/device_memory.ts";
import { createDoubleDriver } from "../../device/double_driver.ts";
import { parseDevice, type SessionSettings } from "../session_options.ts";
import { createDeviceCarrier } from "./device_carrier.ts";
import { findNative, type NativeOutcome } from "./find_native.ts";

/** The memory of each device that this thread uses, with and without locked arrays. */
const memories = new Map<string, DeviceMemory>();

/**
 * A carrier for a device with memory of its own: a CUDA device, or the double that tests use. Or why this thread cannot
 * use the C API. The device is opened with the first graph.
 */
export async function findDeviceCarrier(device: string): Promise<NativeOutcome> {
  const native = await findNative();
  if (!native.isThere) return native;
  const foreign = await openForeignInterface();
  const openMemory = ({ cuda: { pinnedMemory = false } = {} }: SessionSettings) =>
    findOrCreate(memories, `${device}${pinnedMemory ? " pinned" : ""}`, () =>
      createDeviceMemory(openDriver(device, foreign), pinnedMemory),
    );
  return { ...native, carrier: createDeviceCarrier(native.api, { device, openMemory }) };
}

function openDriver(device: string, foreign: ForeignInterface): DeviceDriver {
  const place = parseDevice(device);
  return place.kind === "cuda" ? openCudaDriver(foreign, place.deviceId) : createDoubleDriver(foreign.addressOf);
}
