/**
 * The entry of a bridge's Worker: it waits where other processes wake it, and wakes the waiters of its own process.
 * What is not needed to answer is imported inside `prepare`: messages that arrive before `expose` are lost.
 */
import process from "node:process";
import { expose } from "comlink";
import type { RemoteBridge } from "../src/cluster/processes/remote_bridge.ts";
import type { SystemCalls } from "../src/core/processes/system_calls.ts";

/** How long one wait lasts at most: then the Worker looks whether it is still needed. */
const LOOK_EVERY_MS = 100;

let system: SystemCalls | undefined;

const remote: RemoteBridge = {
  async prepare() {
    const { openSystemCalls } = await import("../src/core/processes/system_calls.ts");
    system = await openSystemCalls();
  },
  async follow({ words, index, address, stop, parentId }) {
    if (!system) throw new Error("Cannot follow a word: the bridge was not prepared");
    let seen = Atomics.load(words, index);
    Atomics.notify(words, index);
    while (Atomics.load(stop, 0) === 0) {
      system.wait(address, seen, LOOK_EVERY_MS);
      const now = Atomics.load(words, index);
      if (now !== seen) Atomics.notify(words, index);
      seen = now;
      // Whatever the main thread does, in native code perhaps: without a coordinator it is of no use.
      if (parentId !== undefined && system.readParentId() !== parentId) process.kill(process.pid, "SIGKILL");
    }
  },
};

expose(remote);
