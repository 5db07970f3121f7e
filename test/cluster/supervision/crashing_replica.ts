import "../../../workers/replica.ts";
import { breakReplicas } from "./faulty_replicas.ts";

breakReplicas(() => {
  queueMicrotask(() => {
    throw new TypeError("nobody catches this");
  });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
});
