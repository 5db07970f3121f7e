/** A replica whose commands take longer than one at rest may take to close, and that nobody reaches meanwhile. */
import "../../../workers/replica.ts";
import { Replica } from "../../../src/cluster/replica/replica.ts";

const execute = Replica.prototype.execute;
Replica.prototype.execute = async function (this: Replica, sequence: number) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  await execute.call(this, sequence);
};
