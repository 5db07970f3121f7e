import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { openPeer } from "../../../../scripts/bench/contestants/peer_contestant.ts";
import {
  createScriptCommand,
  PeerProcess,
  pinThreads,
  readNumber,
} from "../../../../scripts/bench/contestants/peer_process.ts";

const script = fileURLToPath(new URL("../made_peer.ts", import.meta.url));

describe("PeerProcess", () => {
  test("start() gives what the peer says of itself; ask() what it answers, in order; close() ends it", async () => {
    const peer = await PeerProcess.start("measure", createScriptCommand(script, ["x"]));
    expect(peer.ready).toEqual({ threads: "1", parameter: "x" });
    const answers = await Promise.all([await peer.ask({ value: 4 }), await peer.ask({ value: 5 })]);
    expect(answers).toEqual([
      { doubled: 8, requests: 1 },
      { doubled: 10, requests: 2 },
    ]);
    await peer.close();
  });

  test("start() fails with what the peer complained about, when it dies at once or is not there", async () => {
    await expect(PeerProcess.start("measure", createScriptCommand(script, ["stillborn"]))).rejects.toThrow(
      /measure needs an answer, got "exit status 3: no such library"/,
    );
    const missing = { program: "no-such-program-anywhere", parameters: [], environment: {} };
    await expect(PeerProcess.start("measure", missing)).rejects.toThrow(/measure needs an answer/);
  });

  test("ask() fails when the peer dies instead of answering, and close() still works", async () => {
    const peer = await PeerProcess.start("measure", createScriptCommand(script, []));
    await expect(peer.ask("death")).rejects.toThrow(/exit status 7/);
    await peer.close();
  });
});

describe("openPeer()", () => {
  test("measures by asking, and prepares once before", async () => {
    const peer = await openPeer({
      name: "made",
      command: createScriptCommand(script, []),
      preparation: { value: 1 },
      request: { value: 21 },
      answer: "requests",
    });
    expect([await peer.measure(), await peer.measure()]).toEqual([2, 3]);
    await peer.close();
  });
});

describe("readNumber()", () => {
  test("refuses an answer without that number", () => {
    expect(readNumber({ seconds: 1.5 }, "seconds")).toBe(1.5);
    for (const answer of [{}, { seconds: "1" }, null, 3]) {
      expect(() => readNumber(answer, "seconds")).toThrow(/a number "seconds"/);
    }
  });
});

describe("pinThreads()", () => {
  test("names every library that starts threads by itself", () => {
    expect(pinThreads(2)).toMatchObject({ OPENBLAS_NUM_THREADS: "2", OMP_NUM_THREADS: "2", MKL_NUM_THREADS: "2" });
  });
});
