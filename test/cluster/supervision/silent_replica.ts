import "../../../workers/replica.ts";
import { breakReplicas } from "./faulty_replicas.ts";

breakReplicas(() => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
