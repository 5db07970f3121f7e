import process from "node:process";
import { Replica } from "../../../src/cluster/replica/replica.ts";

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

/** Ends the process with this signal, as the system or a defect of a native library does; only in one of its own. */
export function endProcess(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
  // The signal may come a moment later.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Ends the Worker (and nothing else) with this code, as a native library might. */
export function exitWorker(code: number): void {
  process.exit(code);
}
