import { type ChildProcess, fork } from "node:child_process";
import { setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { describeCause, RefusalError } from "../../core/errors/errors.ts";
import { resolveModule } from "../../core/package_module.ts";
import { ProcessArena } from "../../core/processes/process_arena.ts";
import { BellBridge } from "./bell_bridge.ts";

const ENTRY = resolveModule("../../../workers/memory_probe.ts", import.meta.url);
const PATIENCE_MS = 30_000;

/** What the probe finds in shared memory, and what it leaves there. */
export const PROBE = { written: 42, answered: 43 } as const;

/**
 * Tries what replicas in processes need: a child maps a segment, changes it and wakes this process.
 * @throws {RefusalError} If that does not work here, with the reason in one line.
 */
export async function assertProcessesShare(): Promise<void> {
  try {
    await probe();
  } catch (cause) {
    const [reason = ""] = describeCause(cause).split("\n");
    throw new RefusalError(`processes cannot share memory here: ${reason}`, { cause });
  }
}

async function probe(): Promise<void> {
  const arena = await ProcessArena.open();
  try {
    await probeIn(arena);
  } finally {
    arena.close();
  }
}

async function probeIn(arena: ProcessArena): Promise<void> {
  const { buffer, byteOffset } = arena.allocate(Int32Array.BYTES_PER_ELEMENT);
  const words = new Int32Array(buffer, byteOffset, 1);
  arena.hold(words);
  words[0] = PROBE.written;
  const address = arena.addressOf(words, 0);
  if (address === undefined) throw new Error("a segment has no address");
  const bridge = await BellBridge.start({ words, index: 0, address });
  const ringing = arena.openBell(words, 0).waitAsync(PROBE.written);
  const child = fork(fileURLToPath(ENTRY), [JSON.stringify(arena.describe(words))], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  try {
    await Promise.race([Promise.all([ringing, waitForEnd(child)]), rejectLater()]);
  } finally {
    child.kill("SIGKILL");
    await bridge.close();
  }
  if (words[0] !== PROBE.answered) throw new Error(`a child process left ${words[0]} in place of ${PROBE.answered}`);
}

/** @throws {Error} If it ends otherwise than well, with the last line that it wrote. */
function waitForEnd(child: ChildProcess): Promise<void> {
  let written = "";
  child.stderr?.on("data", (text) => {
    written += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const line = written.trimEnd().split("\n").at(-1);
      if (code === 0) resolve();
      else reject(new Error(`a child process ended with ${signal ?? code}: ${line}`));
    });
  });
}

function rejectLater(): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error("a child process does not wake this one")), PATIENCE_MS);
    timer.unref();
  });
}
