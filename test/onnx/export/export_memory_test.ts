import { describe, expect, test } from "bun:test";
import { findMaxArrayBytes } from "../../../src/core/array_limit.ts";
import { cutBatch } from "../../../src/onnx/export/cut_batch.ts";
import { evaluateExport } from "../../../src/onnx/export/evaluate_export.ts";
import { countRowsAtOnce, measureExport } from "../../../src/onnx/export/export_memory.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { createOnnxModel, ints, type OnnxGraph, type OnnxNode } from "../../../src/onnx/file/onnx_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { createMlpTopology } from "../topologies.ts";

function exportGraph(topology: Parameters<typeof parseTopology>[0]): OnnxGraph {
  const spec = parseTopology(topology);
  const [parameters, state] = [new Float32Array(spec.layout.size), new Float32Array(spec.stateLayout.size)];
  return decodeModel(exportModel({ spec, parameters, state, metadata: {} })).graph;
}

/** input [N, 1], one node on it and an initializer, logits. */
function makeGraph(node: Pick<OnnxNode, "op"> & Partial<OnnxNode>, numbers: readonly number[] = []): OnnxGraph {
  const bytes = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
  return {
    name: "made",
    nodes: [{ name: "made", inputs: ["input", "numbers"], outputs: ["logits"], attributes: {}, ...node }],
    initializers: [{ name: "numbers", shape: [numbers.length], dataType: "int64", bytes }],
    inputs: [{ name: "input", shape: ["N", 1], dataType: "float32" }],
    outputs: [{ name: "logits", shape: ["N", 1], dataType: "float32" }],
  };
}

describe("measureExport()", () => {
  test("counts what is alive at one time, for each row and for all", () => {
    // [5] → 6 → relu 6 → 3 of four bytes: the two of 6 are alive together.
    expect(measureExport(exportGraph(createMlpTopology()), "a.onnx")).toEqual({ fixedBytes: 0, rowBytes: 48 });
    const fixed = makeGraph({ op: "Expand", inputs: ["one", "numbers"] }, [1000, 3]);
    const one = { name: "one", shape: [1], dataType: "float32", bytes: new Uint8Array(4) } as const;
    const graph = { ...fixed, initializers: [...fixed.initializers, one] };
    expect(measureExport(graph, "a.onnx")).toEqual({ fixedBytes: 12_000, rowBytes: 4 });
  });
});

describe("countRowsAtOnce()", () => {
  test("takes many rows of a small model, few of one that is large, and refuses what one row cannot have", () => {
    expect(countRowsAtOnce(exportGraph(createMlpTopology()), "a.onnx")).toBeGreaterThan(100_000);
    const share = Math.floor(findMaxArrayBytes() / 4 / 4 / 10);
    expect(countRowsAtOnce(makeGraph({ op: "Expand" }, [1, share]), "a.onnx")).toBe(9);
    const huge: [OnnxGraph, string][] = [
      [makeGraph({ op: "Expand" }, [1, 2 ** 32]), "16.0 GiB"],
      [makeGraph({ op: "Pad" }, [0, 2 ** 32 - 2, 0, 1]), "16.0 GiB"],
    ];
    for (const [graph, size] of huge) {
      expect(() => countRowsAtOnce(graph, "a.onnx")).toThrow(
        /^a\.onnx, run on one sample: an array must have at most /,
      );
      expect(() => countRowsAtOnce(graph, "a.onnx")).toThrow(size);
    }
  });

  test("refuses nodes and initializers that it cannot follow", () => {
    const lying = makeGraph({ op: "Expand" }, [1, 3]);
    const refusals: [OnnxGraph, string][] = [
      [
        makeGraph({ op: "ConstantOfShape" }, [2 ** 40]),
        "a.onnx: ConstantOfShape (logits) is no operator that Firn writes",
      ],
      [makeGraph({ op: "Relu", domain: "somebody" }), "a.onnx: Relu (logits) is no operator that Firn writes"],
      [makeGraph({ op: "Relu", inputs: ["x"] }), 'a.onnx: Relu (logits) takes "x", which nothing before it makes'],
      [makeGraph({ op: "Reshape" }, [7, 7]), "a.onnx: Reshape (logits) does not fit its inputs"],
      [makeGraph({ op: "Transpose", attributes: { perm: ints([5]) } }), "a.onnx: Transpose (logits) does not fit"],
      [
        { ...lying, initializers: lying.initializers.map((tensor) => ({ ...tensor, shape: [2 ** 31] })) },
        "a.onnx: numbers of shape [2147483648] needs 17179869184 bytes, got 16",
      ],
    ];
    for (const [graph, message] of refusals) expect(() => countRowsAtOnce(graph, "a.onnx")).toThrow(message);
  });

  test("evaluateExport() refuses such a file before onnxruntime sees it", async () => {
    const bytes = encodeModel(createOnnxModel(makeGraph({ op: "Expand" }, [1, 2 ** 32])));
    const batch = { data: new Float32Array(2), shape: [2, 1] };
    await expect(evaluateExport(bytes, [batch])).rejects.toThrow(
      "the exported model, run on one sample: an array must",
    );
  });
});

describe("evaluateExport()", () => {
  test("refuses samples of another shape than the file takes, with both shapes", async () => {
    const bytes = encodeModel(createOnnxModel(makeGraph({ op: "Expand" }, [1, 4])));
    const batch = { data: new Float32Array(6), shape: [2, 3] };
    await expect(evaluateExport(bytes, [batch])).rejects.toThrow(
      "the exported model takes samples of shape [1], and the data has [3]: the data must have the columns",
    );
  });
});

describe("cutBatch()", () => {
  test("gives every row once, in order, with its task label", () => {
    const batch = {
      data: Float32Array.from({ length: 14 }, (_, i) => i),
      shape: [7, 2],
      taskLabels: Int32Array.of(0, 1, 2, 3, 4, 5, 6),
    };
    const parts = [...cutBatch(batch, 3)];
    expect(parts.map(({ shape }) => shape)).toEqual([
      [3, 2],
      [3, 2],
      [1, 2],
    ]);
    expect(parts.flatMap(({ data }) => [...data])).toEqual([...batch.data]);
    expect(parts.flatMap(({ taskLabels }) => [...(taskLabels ?? [])])).toEqual([...batch.taskLabels]);
    expect([...cutBatch(batch, 7)]).toEqual([batch]);
  });
});
