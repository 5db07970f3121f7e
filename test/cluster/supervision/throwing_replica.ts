import "../../../workers/replica.ts";
import { breakReplicas } from "./faulty_replicas.ts";

breakReplicas(() => {
  throw new RangeError("the device is on fire", { cause: new Error("a spark") });
});
