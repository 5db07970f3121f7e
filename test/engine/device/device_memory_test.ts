import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openForeignInterface } from "../../../src/core/foreign/open_foreign_interface.ts";
import { createParameterLayout } from "../../../src/core/parameter_layout.ts";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { openCudaDriver } from "../../../src/engine/device/cuda_driver.ts";
import { createDeviceMemory, type DeviceMemory } from "../../../src/engine/device/device_memory.ts";
import { DeviceVector } from "../../../src/engine/device/device_vector.ts";
import { createDoubleDriver } from "../../../src/engine/device/double_driver.ts";

const LAYOUT = createParameterLayout([
  { name: "a", shape: [5] },
  { name: "b", shape: [64] },
  { name: "c", shape: [3] },
]);
const VALUES = Float32Array.from({ length: LAYOUT.size }, (_, i) => i + 1);

function hasCompiler(): boolean {
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
    return process.platform === "linux";
  } catch {
    return false;
  }
}

let folder = "";
let library = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "firn-cuda-"));
  library = join(folder, "libcuda.so");
  const source = fileURLToPath(new URL("made_cuda.c", import.meta.url));
  if (hasCompiler()) execFileSync("cc", ["-shared", "-fPIC", "-o", library, source]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const DEVICES: readonly (readonly [name: string, isThere: boolean, open: () => Promise<DeviceMemory>])[] = [
  [
    "the double",
    true,
    async () => {
      const { addressOf } = await openForeignInterface();
      return createDeviceMemory(createDoubleDriver(addressOf));
    },
  ],
  [
    "CUDA by a made driver (needs cc, on Linux)",
    hasCompiler(),
    async () => createDeviceMemory(openCudaDriver(await openForeignInterface(), 0, library)),
  ],
];

for (const [name, isThere, open] of DEVICES) {
  describe(`memory of ${name}`, () => {
    test.if(isThere)("is zeroed, keeps what is copied there, and counts copies", async () => {
      const memory = await open();
      const block = memory.allocate(64);
      const read = new Float32Array(16).fill(7);
      block.download(read);
      expect([...read]).toEqual(new Array(16).fill(0));
      block.upload(Float32Array.of(1, 2, 3), 8);
      block.clear(12, 4);
      block.download(read.subarray(0, 6));
      expect([...read.subarray(0, 6)]).toEqual([0, 0, 1, 0, 3, 0]);
      expect(memory.traffic).toEqual({
        uploads: 1,
        uploadedBytes: 12,
        downloads: 2,
        downloadedBytes: 88,
        pinnedBytes: 0,
      });
      expect(() => block.upload(new Float32Array(2), 60)).toThrow("Cannot upload 8 bytes at 60 of a block of 64 bytes");
      block.release();
      expect(() => block.download(read)).toThrow("memory that was freed");
    });

    test.if(isThere)("holds flat vectors, each tensor at an aligned place, in one copy", async () => {
      const memory = await open();
      const vector = new DeviceVector(memory, LAYOUT);
      vector.upload(VALUES);
      const read = new Float32Array(LAYOUT.size);
      vector.download(read);
      expect(read).toEqual(VALUES);
      expect(vector.paddedLength).toBe(192);
      for (const entry of LAYOUT.entries) expect((vector.view(entry).address - vector.whole.address) % 256).toBe(0);
      expect(vector.range({ start: 5, end: LAYOUT.size }).sizeBytes).toBe(128 * 4);
      vector.clear({ offset: 5, size: 64 });
      vector.download(read);
      expect(read.reduce((sum, value) => sum + value, 0)).toBe(15 + 70 + 71 + 72);
      expect([memory.traffic.uploads, memory.traffic.downloads]).toEqual([1, 2]);
      expect(() => vector.upload(new Float32Array(3))).toThrow("must have as many values, got 3");
      vector.release();
    });
  });
}

describe("openCudaDriver()", () => {
  test.if(hasCompiler())("throws the driver's words, when there is no such device or no room", async () => {
    const foreign = await openForeignInterface();
    expect(() => openCudaDriver(foreign, 3, library)).toThrow("cuDeviceGet: invalid device ordinal (CUDA error 101)");
    const memory = createDeviceMemory(openCudaDriver(foreign, 0, library));
    expect(() => memory.allocate(2 ** 21)).toThrow("cuMemAlloc_v2: out of memory (CUDA error 2)");
  });

  test.if(hasCompiler())("locks and unlocks ordinary memory, and says what the driver refuses", async () => {
    const foreign = await openForeignInterface();
    const driver = openCudaDriver(foreign, 0, library);
    const memory = createDeviceMemory(driver, true);
    const block = memory.allocate(131_072);
    const array = createSharedFloat32(32_768).fill(5);
    for (let turn = 0; turn < 2; turn++) block.upload(array);
    expect(memory.traffic).toEqual({
      uploads: 2,
      uploadedBytes: 262_144,
      downloads: 0,
      downloadedBytes: 0,
      pinnedBytes: 131_072,
    });
    const part = array.subarray(0, 100);
    const start = foreign.addressOf(part);
    expect(() => driver.locker.lock(start, 400)).toThrow("cuMemHostRegister_v2: CUDA error 712");
    block.release();
    expect(memory.traffic.pinnedBytes).toBe(0);
    expect(() => driver.locker.unlock(start)).toThrow("cuMemHostUnregister: CUDA error 713");
    // A copy over the end of what is locked is refused by the driver, and made around it.
    driver.locker.lock(start, 400);
    const other = memory.allocate(131_072);
    const read = new Float32Array(32_768);
    for (let turn = 0; turn < 2; turn++) other.upload(array);
    other.download(read);
    expect(read).toEqual(new Float32Array(array));
    expect(memory.traffic.pinRefusal).toBe("cuMemHostRegister_v2: CUDA error 712");
    driver.locker.unlock(start);
    other.release();
  });
});
