import { describe, expect, test } from "bun:test";
import { openForeignInterface } from "../../../src/core/foreign/open_foreign_interface.ts";
import { createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";
import { createDeviceMemory, type DeviceDriver, type DeviceMemory } from "../../../src/engine/device/device_memory.ts";
import { createDoubleDriver } from "../../../src/engine/device/double_driver.ts";

/** 128 KiB. */
const VALUES = 32_768;
const BYTES = VALUES * 4;

/** The double, with what it is told in order. */
async function openDouble(): Promise<{ driver: DeviceDriver; calls: string[]; open: () => DeviceMemory }> {
  const calls: string[] = [];
  const double = createDoubleDriver((await openForeignInterface()).addressOf);
  const { locker } = double;
  const driver: DeviceDriver = {
    ...double,
    free(address) {
      calls.push("free");
      double.free(address);
    },
    locker: {
      ...locker,
      lock(address, sizeBytes) {
        calls.push(`lock ${sizeBytes}`);
        locker.lock(address, sizeBytes);
      },
      unlock(address) {
        calls.push("unlock");
        locker.unlock(address);
      },
    },
  };
  return { driver, calls, open: () => createDeviceMemory(driver, true) };
}

describe("memory of a device that is copied by pinned memory", () => {
  test("locks an array when it comes again, and unlocks it before its block is freed", async () => {
    const { calls, open } = await openDouble();
    const memory = open();
    const block = memory.allocate(BYTES);
    const array = createSharedFloat32(VALUES).fill(3);
    block.upload(array);
    expect([calls, memory.traffic.pinnedBytes]).toEqual([[], 0]);
    for (let turn = 0; turn < 3; turn++) block.upload(array);
    // The last minibatch of an epoch is shorter.
    block.upload(array.subarray(0, VALUES - 5));
    const back = createSharedFloat32(VALUES);
    for (let turn = 0; turn < 3; turn++) block.download(back);
    expect(back).toEqual(array);
    expect([calls, memory.traffic.pinnedBytes]).toEqual([[`lock ${BYTES}`, `lock ${BYTES}`], 2 * BYTES]);
    block.release();
    block.release();
    expect(calls.slice(2)).toEqual(["unlock", "unlock", "free"]);
    expect(memory.traffic).toMatchObject({ pinnedBytes: 0, uploads: 5, downloads: 3 });
  });

  test("locks an array anew that has grown, and once for two blocks", async () => {
    const { calls, open } = await openDouble();
    const memory = open();
    const [first, second] = [memory.allocate(BYTES), memory.allocate(BYTES)];
    const array = createSharedFloat32(VALUES);
    const half = array.subarray(0, VALUES / 2);
    for (let turn = 0; turn < 2; turn++) first.upload(half);
    for (let turn = 0; turn < 2; turn++) first.upload(array);
    for (let turn = 0; turn < 2; turn++) second.upload(half);
    expect(calls).toEqual([`lock ${BYTES / 2}`, "unlock", `lock ${BYTES}`]);
    first.release();
    expect(memory.traffic.pinnedBytes).toBe(BYTES);
    second.release();
    expect(calls.slice(3)).toEqual(["free", "unlock", "free"]);
  });

  test("leaves small arrays, and those that are ever others", async () => {
    const { calls, open } = await openDouble();
    const block = open().allocate(BYTES);
    const others = Array.from({ length: 20 }, () => new Float32Array(VALUES));
    for (const other of others) block.upload(other);
    const small = createSharedFloat32(16_383);
    for (let turn = 0; turn < 3; turn++) block.upload(small);
    expect(calls).toEqual([]);
    // The first sixteen are remembered.
    for (const other of others.toReversed()) block.upload(other);
    expect(calls).toHaveLength(16);
  });

  test("copies all the same where the driver refuses, says why, and asks once", async () => {
    const { driver, calls } = await openDouble();
    let asked = 0;
    const lock = () => {
      asked += 1;
      throw new Error("no pages left");
    };
    const memory = createDeviceMemory({ ...driver, locker: { ...driver.locker, lock } }, true);
    const block = memory.allocate(BYTES);
    const [array, read] = [createSharedFloat32(VALUES).fill(2), new Float32Array(VALUES)];
    for (let turn = 0; turn < 4; turn++) block.upload(array);
    block.download(read);
    expect([asked, read.every((value) => value === 2)]).toEqual([1, true]);
    expect(memory.traffic).toMatchObject({ pinnedBytes: 0, pinRefusal: "no pages left" });
    block.release();
    expect(calls).toEqual(["free"]);
  });

  test("copies an array of which another thread has locked a part", async () => {
    const { open } = await openDouble();
    const [one, other] = [open(), open()];
    const array = createSharedFloat32(VALUES).fill(4);
    const [locked, block] = [one.allocate(BYTES), other.allocate(BYTES)];
    for (let turn = 0; turn < 2; turn++) locked.upload(array.subarray(0, VALUES - 100));
    expect(one.traffic.pinnedBytes).toBe(BYTES - 400);
    for (let turn = 0; turn < 3; turn++) block.upload(array);
    const read = createSharedFloat32(VALUES);
    for (let turn = 0; turn < 3; turn++) block.download(array.fill(0));
    block.download(read);
    expect(array.every((value) => value === 4) && read.every((value) => value === 4)).toBe(true);
    expect(other.traffic.pinRefusal).toBe("a part is locked already");
    block.release();
    locked.release();
  });

  test("locks nothing unless it is asked to", async () => {
    const { driver, calls } = await openDouble();
    const memory = createDeviceMemory(driver);
    const block = memory.allocate(BYTES);
    const array = createSharedFloat32(VALUES);
    for (let turn = 0; turn < 3; turn++) block.upload(array);
    block.release();
    expect(calls).toEqual(["free"]);
  });
});
