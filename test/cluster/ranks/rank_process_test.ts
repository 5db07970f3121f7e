import { describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { endProcess, findOwnProcess } from "../../../src/cluster/ranks/rank_process.ts";

const hasProc = existsSync("/proc/self/ns/pid");
const without = hasProc ? "" : " (skipped: the system has no /proc)";

/** A child, stopped so that it hears of no signal but SIGKILL. */
function startStopped(): { child: ChildProcess; started: string; end: Promise<NodeJS.Signals | null> } {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  const end = new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, signal) => resolve(signal)));
  process.kill(child.pid ?? 0, "SIGSTOP");
  // "sleep" has no blank in its name.
  const started = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ")[21] ?? "";
  return { child, started, end };
}

describe("endProcess()", () => {
  test.if(hasProc)(`kills a process of this machine, also a stopped one${without}`, async () => {
    const { child, started, end } = startStopped();
    const space = findOwnProcess()?.space ?? "";
    expect(space).toContain(readlinkSync("/proc/self/ns/pid"));
    expect(endProcess({ pid: child.pid ?? 0, space, started })).toBe(true);
    expect(await end).toBe("SIGKILL");
    expect(endProcess({ pid: child.pid ?? 0, space, started })).toBe(false);
  });

  test.if(hasProc)(`leaves a process of another machine alone, and one that got a dead one's number${without}`, () => {
    const { child, started } = startStopped();
    const { space = "" } = findOwnProcess() ?? {};
    const pid = child.pid ?? 0;
    expect(endProcess({ pid, space: `another ${space}`, started })).toBe(false);
    expect(endProcess({ pid, space, started: `${started}0` })).toBe(false);
    // Neither gone nor a zombie.
    expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toMatch(/\) [^ZX] /);
    process.kill(pid, "SIGKILL");
  });
});
