import process from "node:process";
import { Replica } from "../../../src/cluster/replica/replica.ts";
import { openForeignInterface } from "../../../src/core/foreign/open_foreign_interface.ts";

/** Executions that work before the fault. */
const GOOD_EXECUTIONS = 2;

/** Makes every replica of this Worker do `fault` from its third command on. */
export function breakReplicas(fault: () => void): void {
  const execute = Replica.prototype.execute;
  let executions = 0;
  Replica.prototype.execute = async function (this: Replica, sequence: number) {
    executions += 1;
    if (executions > GOOD_EXECUTIONS) fault();
    await execute.call(this, sequence);
  };
}

/** An address in the first page of memory, which nothing may write to. */
const FORBIDDEN_ADDRESS = 1;

/** Makes a function that writes where nothing may be, in native code: the process ends by a segmentation fault. */
export async function openCrash(): Promise<() => void> {
  const foreign = await openForeignInterface();
  const fill = foreign.open("libc.so.6", "memset", { takes: ["word", "int32", "word"], gives: "word" });
  return () => void fill(FORBIDDEN_ADDRESS, 0, 1);
}

/** Kills the process, as the system does that has no memory left; only in one of its own. */
export function killProcess(): void {
  process.kill(process.pid, "SIGKILL");
  // The signal may come a moment later.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Ends the Worker (and nothing else) with this code, as a native library might. */
export function exitWorker(code: number): void {
  process.exit(code);
}
