import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { LOCK_NAME, RunLock } from "../../src/runs/run_lock.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** A folder with a lock of this owner. */
async function makeLocked(owner: object | string): Promise<string> {
  const text = typeof owner === "string" ? owner : JSON.stringify(owner);
  return makeFolder({ [LOCK_NAME]: new TextEncoder().encode(text) });
}

describe("RunLock", () => {
  test("acquire() refuses a folder that a living process holds, until it is released", async () => {
    const folder = await makeFolder({});
    const lock = RunLock.acquire(folder);
    expect(() => RunLock.acquire(folder)).toThrow(`held by process ${process.pid} on ${hostname()}`);
    lock.release();
    RunLock.acquire(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  const gone = spawnSync(process.execPath, ["--version"]).pid;
  const stale = [
    { name: "a process that has ended", owner: { pid: gone, host: hostname(), started: null } },
    { name: "an earlier process of the same number", owner: { pid: process.pid, host: hostname(), started: "before" } },
    { name: "nobody, as it is not whole", owner: '{"pid":' },
  ];
  for (const { name, owner } of stale) {
    test(`acquire() takes the place of ${name}`, async () => {
      const folder = await makeLocked(owner);
      const lock = RunLock.acquire(folder);
      expect(JSON.parse(readFileSync(join(folder, LOCK_NAME), "utf8"))).toMatchObject({ pid: process.pid });
      lock.release();
      expect(readdirSync(folder)).toEqual([]);
    });
  }

  test("acquire() does not judge a process of another machine, and says what to do", async () => {
    const folder = await makeLocked({ pid: gone, host: "elsewhere", started: null });
    expect(() => RunLock.acquire(folder)).toThrow(
      /held by process \d+ on elsewhere; remove .*run\.lock if that has ended/,
    );
  });

  test("acquire() lets one of many processes in", async () => {
    const folder = await makeLocked({ pid: gone, host: hostname(), started: null });
    const locks = Array.from({ length: 5 }, () => {
      try {
        return RunLock.acquire(folder);
      } catch {
        return undefined;
      }
    });
    expect(locks.filter(Boolean).length).toBe(1);
    writeFileSync(join(folder, "other"), "");
    locks[0]?.release();
    expect(readdirSync(folder)).toEqual(["other"]);
  });
});
