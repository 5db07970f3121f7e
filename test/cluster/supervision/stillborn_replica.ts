import "../../../workers/replica.ts";
import { Replica } from "../../../src/cluster/replica/replica.ts";

// Falls silent in its very first command.
Replica.prototype.execute = async () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
