import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
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
    expect(() => RunLock.acquire(folder)).toThrow(
      `another run is writing to ${folder}: process ${process.pid} on ${hostname()}; remove ${join(folder, LOCK_NAME)} if`,
    );
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
    expect(() => RunLock.acquire(folder)).toThrow(/: process \d+ on elsewhere; remove .*run\.lock if that has ended/);
  });

  const foreign = [
    ["{}", "pid is missing"],
    ["null", "it must be an object, got null"],
    ['"process 7"', 'it must be an object, got "process 7"'],
    [`{"pid":"${process.pid}","host":"${hostname()}","started":null}`, `pid must be a number, got "${process.pid}"`],
    [`{"pid":-1,"host":"${hostname()}","started":null}`, "pid must be at least 1, got -1"],
    [`{"pid":${process.pid},"host":7,"started":null}`, "host must be a text, got 7"],
    [`{"pid":${process.pid},"host":"${hostname()}","started":7}`, "started must be a text, got 7"],
  ] as const;
  for (const [text, reason] of foreign) {
    test(`acquire() refuses the lock ${text}, leaves it and says which file to remove`, async () => {
      const folder = await makeLocked(text);
      const path = join(folder, LOCK_NAME);
      const message = `${path} is no lock of a run (${reason}); remove it if no run is writing there`;
      expect(() => RunLock.acquire(folder)).toThrow(message);
      expect(readdirSync(folder)).toEqual([LOCK_NAME]);
    });
  }

  test("acquire() refuses what is no small file in the lock's place, without reading it", async () => {
    const message = "run.lock is no lock of a run; remove it if no run is writing there";
    const inPlace: readonly ((path: string) => void)[] = [
      (path) => mkdirSync(path),
      (path) => symlinkSync("/dev/zero", path),
      (path) => symlinkSync("nowhere", path),
      (path) => writeFileSync(path, " ".repeat(5000)),
    ];
    for (const put of inPlace) {
      const folder = await makeFolder({});
      put(join(folder, LOCK_NAME));
      expect(() => RunLock.acquire(folder)).toThrow(message);
      expect(readdirSync(folder)).toEqual([LOCK_NAME]);
    }
  });

  test("acquire() leaves nothing where the disk takes no more", async () => {
    const folder = await makeFolder({});
    const words = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];
    const program = [
      process.execPath,
      ...words,
      fileURLToPath(new URL("./locking_program.ts", import.meta.url)),
      folder,
    ];
    // Files may have no bytes: what a full disk does to a write, without one.
    const { status } = spawnSync("sh", ["-c", 'ulimit -f 0; exec "$@"', "sh", ...program], { stdio: "ignore" });
    expect(status).not.toBe(0);
    expect(readdirSync(folder)).toEqual([]);
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
