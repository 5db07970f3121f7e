/** A replica that breaks once, at a moment that `FIRN_FAULT` in the environment names. */
import "../../../workers/replica.ts";
import process from "node:process";
import { ChunkKeeper } from "../../../src/cluster/replica/chunk_keeper.ts";
import { Replica } from "../../../src/cluster/replica/replica.ts";
import { ReplicaServer } from "../../../src/cluster/replica/replica_server.ts";
import { type Fault, parseFault } from "./fault.ts";
import { exitWorker, killProcess, openCrash } from "./faulty_replicas.ts";

const fault = parseFault(process.env.FIRN_FAULT);
let isBreakable = false;
let commands = -1;
let looks = 0;
let chunks = 0;
let crash: (() => void) | undefined;

const start = ReplicaServer.start;
ReplicaServer.start = async (setup) => {
  isBreakable = setup.index === fault.replica && setup.generation < fault.times;
  if (fault.how === "segfault") crash = await openCrash();
  breakAt({ kind: "load" });
  return start.call(ReplicaServer, setup);
};

const execute = Replica.prototype.execute;
Replica.prototype.execute = async function (this: Replica, sequence: number) {
  commands += 1;
  looks = 0;
  chunks = 0;
  breakAt({ kind: "start" });
  await execute.call(this, sequence);
};

const isCurrent = Object.getOwnPropertyDescriptor(Replica.prototype, "isCurrent");
Object.defineProperty(Replica.prototype, "isCurrent", {
  get(this: Replica) {
    breakAt({ kind: "look", number: looks });
    looks += 1;
    return isCurrent?.get?.call(this);
  },
});

const { begin, end } = ChunkKeeper.prototype;
ChunkKeeper.prototype.begin = function (this: ChunkKeeper, ...parameters) {
  begin.apply(this, parameters);
  breakAt({ kind: "chunk begun", number: chunks });
};
ChunkKeeper.prototype.end = function (this: ChunkKeeper, index) {
  breakAt({ kind: "chunk changed", number: chunks });
  end.call(this, index);
  chunks += 1;
};

function breakAt(moment: Fault["moment"]): void {
  const isNow = commands === fault.command && JSON.stringify(moment) === JSON.stringify(fault.moment);
  if (!isBreakable || !isNow) return;
  isBreakable = false;
  switch (fault.how) {
    case "throw":
      throw new RangeError("the device is on fire");
    case "exit":
      exitWorker(3);
      break;
    case "hang":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      break;
    case "kill":
      killProcess();
      break;
    case "segfault":
      crash?.();
  }
}
