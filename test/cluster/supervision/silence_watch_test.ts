import { describe, expect, test } from "bun:test";
import { ReplicaWord, replicaWord } from "../../../src/cluster/protocol/control_block.ts";
import { SilenceWatch } from "../../../src/cluster/supervision/silence_watch.ts";

/** How long a replica may compute before it is lost: what its slowest computation so far took decides. */
function readPatienceMs({ timeoutMs = 8_000, engine = "onnxruntime", devices = ["cpu"], slowestMs = 0 }): number {
  const control = new Int32Array(new SharedArrayBuffer(4 * replicaWord(1, 0)));
  control[replicaWord(0, ReplicaWord.slowestCallMs)] = slowestMs;
  const watch = new SilenceWatch(control, { timeoutMs, engine, devices });
  watch.stop();
  return watch.callPatienceMs(0);
}

describe("SilenceWatch", () => {
  test("gives a first computation ten minutes, and later ones 20 times the slowest", () => {
    expect(readPatienceMs({})).toBe(600_000);
    expect(readPatienceMs({ timeoutMs: 900_000 })).toBe(900_000);
    expect(readPatienceMs({ slowestMs: 1_500 })).toBe(30_000);
    expect(readPatienceMs({ slowestMs: 10 })).toBe(8_000);
  });

  test("gives less where somebody wants to know of silence sooner, but for what compiles", () => {
    expect(readPatienceMs({ timeoutMs: 500 })).toBe(500);
    expect(readPatienceMs({ timeoutMs: 500, slowestMs: 100 })).toBe(2_000);
    expect(readPatienceMs({ timeoutMs: 500, engine: "tfjs-wasm" })).toBe(60_000);
    expect(readPatienceMs({ timeoutMs: 500, devices: ["webgpu"], slowestMs: 1 })).toBe(60_000);
  });
});
