import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { findChannelLanes } from "../../../src/engine/onnxruntime/channel_lanes.ts";
import { openCarrier } from "../../../src/engine/onnxruntime/choose_carrier.ts";
import { blockChannels } from "../../../src/onnx/blocks/block_channels.ts";
import { BLOCKED_OPERATORS, isStandardOperator, nameOperator } from "../../../src/onnx/blocks/blocked_operators.ts";
import { buildForwardGraph, buildTrainingGraph } from "../../../src/onnx/engine_graphs.ts";
import { ints } from "../../../src/onnx/file/onnx_model.ts";
import type { Graph } from "../../../src/onnx/graph.ts";
import { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import { OPERATORS } from "../../../src/onnx/ops/operator.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { measureDifference } from "../../engine/engine_fixtures.ts";
import { type GraphValues, runGraph } from "../run_graph.ts";
import { createLayer, createSequential } from "../topologies.ts";

const ROWS = 3;

function createConvolution(name: string, filters: number, config: Readonly<Record<string, unknown>> = {}): object {
  return createLayer("Conv2D", name, { filters, kernel_size: [3, 3], padding: "same", activation: "relu", ...config });
}

/** Convolutions of these widths on images [6, 6, 3], then a classifier. */
function createGraph(widths: readonly number[], config: Readonly<Record<string, unknown>> = {}): Graph {
  const layers = [
    ...widths.map((filters, i) => createConvolution(`conv${i}`, filters, config)),
    createLayer("GlobalMaxPooling2D", "pool"),
    createLayer("Dense", "classifier", { units: 3 }),
  ];
  return buildTrainingGraph(parseTopology(createSequential([6, 6, 3], layers)), "cross-entropy");
}

/** relu(x ⋆ k) + x ⋆ k: the convolution must not keep the relu to itself. */
function createBranches(): Graph {
  const graph = new GraphBuilder((name) => name);
  const x = graph.input("x", { shape: ["N", 16, 4, 4], dataType: "float32" }, { kind: "samples" });
  const kernel = graph.input("kernel", { shape: [16, 16, 3, 3], dataType: "float32" }, { kind: "samples" });
  const y = graph.node("Conv", [x, kernel], { kernel_shape: ints([3, 3]) });
  graph.output("sum", graph.node("Add", [graph.node("Relu", [y]), y]), { kind: "outputs" });
  return graph.finish();
}

function countOperators({ nodes }: Graph): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { op } of nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

function drawFeeds({ inputs }: Graph): GraphValues {
  const stream = new RandomStream(2, "feeds");
  const entries = inputs.map(({ name, shape }) => {
    const lengths = shape.map((length) => (typeof length === "number" ? length : ROWS));
    const size = lengths.reduce((product, length) => product * length, 1);
    const data = Float32Array.from({ length: size }, () => (stream.uniform() - 0.4) / 2);
    return [name, { data, shape: lengths }] as const;
  });
  return Object.fromEntries(entries);
}

describe("blockChannels()", () => {
  const cases: readonly (readonly [string, Graph])[] = [
    ["channels fill the blocks", createGraph([32, 16, 48])],
    ["channels do not fill the blocks", createGraph([28, 44])],
    ["nothing is padded, so that the way back pads", createGraph([16, 32], { padding: "valid" })],
    ["windows are even, and padded unevenly", createGraph([32, 16, 16], { kernel_size: [4, 3] })],
    ["a convolution is used with and without its relu", createBranches()],
    ["windows have strides", createGraph([16, 32], { strides: [2, 1] })],
    ["windows of pictures are large, and nothing else is blocked", createGraph([32], { kernel_size: [7, 7] })],
    ["windows are dilated", createGraph([16, 32], { dilation_rate: [2, 1] })],
    ["there is no bias and no relu", createGraph([16, 32, 16], { use_bias: false, activation: "linear" })],
  ];
  for (const [name, graph] of cases) {
    test(`gives the same numbers, when ${name}`, async () => {
      const lanes = await findChannelLanes(await openCarrier("cpu"));
      // Processors without blocks have nothing to compare.
      if (lanes === undefined) return;
      const blocked = blockChannels(graph, lanes);
      expect(countOperators(blocked).BlockedConv).toBeGreaterThan(0);
      const feeds = drawFeeds(graph);
      const [wanted, given] = [await runGraph(graph, feeds), await runGraph(blocked, feeds)];
      expect(Object.keys(given)).toEqual(Object.keys(wanted));
      for (const [output, values] of Object.entries(wanted)) {
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        expect(measureDifference(given[output] ?? new Float32Array(0), values)).toBeLessThan(1e-5 * largest);
      }
    });
  }

  test("keeps values in blocks between convolutions and folds their relu in, when both are wide", () => {
    const spec = parseTopology(
      createSequential(
        [6, 6, 3],
        [
          ...[16, 32, 32].map((filters, i) => createConvolution(`conv${i}`, filters)),
          createLayer("GlobalMaxPooling2D", "pool"),
        ],
      ),
    );
    const counts = countOperators(blockChannels(buildForwardGraph(spec, "eval"), 16));
    // Pictures go in as they are, with their three channels.
    expect(counts).toMatchObject({ BlockedConv: 3, UnblockChannels: 1 });
    expect([counts.Conv, counts.Relu, counts.BlockChannels]).toEqual([undefined, undefined, undefined]);
  });

  test("takes pictures into blocks for large windows alone, when nothing behind them is blocked", () => {
    const count = (size: number) => {
      return countOperators(blockChannels(createGraph([64], { kernel_size: [size, size], strides: [2, 2] }), 16));
    };
    expect(count(7)).toMatchObject({ BlockedConv: 1, UnblockChannels: 1 });
    expect(count(3).BlockedConv).toBeUndefined();
  });

  test("takes gradients back through blocks, when kernels can be turned around", () => {
    const counts = countOperators(blockChannels(createGraph([32, 32, 32]), 16));
    // Three forward and two back; the gradients of the kernels are plain ones.
    expect(counts.BlockedConv).toBe(5);
    expect(counts.Conv).toBe(3);
    expect(counts.ConvTranspose).toBeUndefined();
  });

  test("changes nothing, when blocks would be filled with zeros, or with odd numbers, or little would be done with them", () => {
    for (const graph of [
      createGraph([8, 8]),
      createGraph([20, 20]),
      createGraph([30, 30]),
      createGraph([32, 32], { kernel_size: [1, 1] }),
    ]) {
      expect(blockChannels(graph, 16).nodes).toEqual([...graph.nodes]);
    }
  });

  test("changes nothing, when there is no convolution", () => {
    const graph = buildTrainingGraph(
      parseTopology(createSequential([5], [createLayer("Dense", "classifier", { units: 3 })])),
      "mse",
    );
    expect(blockChannels(graph, 16).nodes).toEqual([...graph.nodes]);
  });
});

describe("findChannelLanes()", () => {
  test("gives a power of two, or undefined, and the same again", async () => {
    const lanes = await findChannelLanes(await openCarrier("cpu"));
    expect([undefined, 8, 16, 32]).toContain(lanes);
    expect(await findChannelLanes(await openCarrier("cpu"))).toBe(lanes);
  });
});

describe("nameOperator()", () => {
  test("gives ONNX's operators their own names, and the rest those of onnxruntime", () => {
    for (const op of OPERATORS) expect(nameOperator(op)).toEqual({ op, domain: "" });
    for (const op of BLOCKED_OPERATORS) {
      expect(nameOperator(op).domain).toBe("com.microsoft.nchwc");
      expect(isStandardOperator(op)).toBe(false);
    }
  });
});
