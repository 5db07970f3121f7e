import "../../../workers/replica.ts";
import { breakReplicas, exitWorker } from "./faulty_replicas.ts";

breakReplicas(() => exitWorker(3));
