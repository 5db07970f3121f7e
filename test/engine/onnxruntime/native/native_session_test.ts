import { describe, expect, test } from "bun:test";
import { createSharedFloat32 } from "../../../../src/core/shared/shared_memory.ts";
import { NativeSession } from "../../../../src/engine/onnxruntime/native/native_session.ts";
import { encodeGraph } from "../../../../src/onnx/file/encode_graph.ts";
import type { Graph } from "../../../../src/onnx/graph.ts";
import { collectGarbage } from "../../../support/collect_garbage.ts";
import { countBindings, countLive, openApi } from "./opened_api.ts";

const type = { shape: ["N", 2], dataType: "float32" } as const;
/** y = x + x */
const GRAPH: Graph = {
  nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"], attributes: {} }],
  constants: [],
  inputs: [{ name: "x", ...type, role: { kind: "samples" } }],
  outputs: [{ name: "y", ...type, role: { kind: "outputs" } }],
  rowLimit: undefined,
  types: new Map(),
};

async function openSession() {
  const api = await openApi();
  return { api, session: new NativeSession(api, encodeGraph(GRAPH), { device: "cpu", intraOpThreads: 1 }) };
}

function bindDoubling(session: NativeSession, x: Float32Array, y: Float32Array) {
  const shape = [x.length / 2, 2];
  return session.bind({ inputs: [{ name: "x", data: x, shape }], outputs: [{ name: "y", data: y, shape }] });
}

describe("NativeSession", () => {
  for (const [kind, create] of [
    ["private", (length: number) => new Float32Array(length)],
    ["shared", createSharedFloat32],
  ] as const) {
    test(`run() reads and writes ${kind} memory in place, at offsets too`, async () => {
      const { session } = await openSession();
      const whole = create(20);
      const [x, y] = [whole.subarray(2, 8), whole.subarray(11, 17)];
      const binding = bindDoubling(session, x, y);
      x.set([1, 2, 3, 4, 5, 6]);
      session.run(binding);
      expect([...y]).toEqual([2, 4, 6, 8, 10, 12]);
      x.fill(-1);
      session.run(binding);
      expect([...y]).toEqual([-2, -2, -2, -2, -2, -2]);
      expect([...whole.subarray(17), ...whole.subarray(8, 11)]).toEqual([0, 0, 0, 0, 0, 0]);
      session.releaseBinding(binding);
      session.release();
    });
  }

  test("run() finds all memory where it was, when the collector has run", async () => {
    const { session } = await openSession();
    // Small arrays are those that runtimes move.
    const bound = Array.from({ length: 50 }, (_, i) => {
      const [x, y] = [new Float32Array(2).fill(i), new Float32Array(2)];
      return { x, y, binding: bindDoubling(session, x, y) };
    });
    for (let i = 0; i < 10_000; i++) new Float32Array(4).fill(i);
    collectGarbage();
    for (const [i, { y, binding }] of bound.entries()) {
      session.run(binding);
      expect([...y]).toEqual([2 * i, 2 * i]);
      session.releaseBinding(binding);
    }
    session.release();
  });

  test("bind() refuses memory that is read and written, and what the model does not have, and keeps nothing", async () => {
    const { api, session } = await openSession();
    const before = [countLive(api), countBindings(api)];
    const [x, y] = [new Float32Array(4), new Float32Array(4)];
    expect(() => bindDoubling(session, x, x)).toThrow('"y" would be written over "x"');
    expect(() => bindDoubling(session, x.subarray(0, 2), x.subarray(1, 3))).toThrow("written over");
    const [input, output] = [
      { name: "x", data: x, shape: [2, 2] },
      { name: "y", data: y, shape: [2, 2] },
    ];
    expect(() => session.bind({ inputs: [{ ...input, name: "z" }], outputs: [output] })).toThrow(/z/);
    expect([countLive(api), countBindings(api)]).toEqual(before);
    session.release();
  });

  test("run() throws onnxruntime's words, when shape or type are not the model's", async () => {
    const { session } = await openSession();
    const [x, y] = [new Float32Array(6), new Float32Array(6)];
    const outputs = [{ name: "y", data: y, shape: [3, 2] }];
    const flat = session.bind({ inputs: [{ name: "x", data: x, shape: [6] }], outputs });
    expect(() => session.run(flat)).toThrow(/Invalid rank for input: x/);
    const whole = session.bind({ inputs: [{ name: "x", data: new BigInt64Array(6), shape: [3, 2] }], outputs });
    expect(() => session.run(whole)).toThrow(/Unexpected input data type/);
    for (const binding of [flat, whole]) session.releaseBinding(binding);
    session.release();
  });
});
