import { beforeAll, describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { findChannelLanes } from "../../../src/engine/onnxruntime/channel_lanes.ts";
import { openCarrier } from "../../../src/engine/onnxruntime/choose_carrier.ts";
import { blockChannels } from "../../../src/onnx/blocks/block_channels.ts";
import { differentiate } from "../../../src/onnx/differentiate.ts";
import { int, ints } from "../../../src/onnx/file/onnx_model.ts";
import type { Graph, ValueName } from "../../../src/onnx/graph.ts";
import { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import { normalizeByBatch } from "../../../src/onnx/layers/normalization/normalize_by_batch.ts";
import { measureDifference } from "../../engine/engine_fixtures.ts";
import { type GraphValues, runGraph } from "../run_graph.ts";

interface Block {
  readonly channels?: number;
  readonly side?: number;
  readonly kernel?: number;
  readonly strides?: readonly [number, number];
  /** Before both axes, then behind them. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
  readonly activation?: (x: ValueName, graph: GraphBuilder, name: string) => ValueName;
  readonly isSqueezed?: boolean;
}

/** Keeps to [0, 1], as ReLU6 keeps to [0, 6]. */
function clip(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Clip", [x, graph.constant(0), graph.constant(1)]);
}

function swish(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Mul", [x, graph.node("Sigmoid", [x])]);
}

/** Normalised by the batch's statistics, or by others, and clipped. */
function normalize(graph: GraphBuilder, { x, name, isOfBatch }: { x: ValueName; name: string; isOfBatch: boolean }) {
  const declare = (part: string) =>
    graph.input(`${name}/${part}`, { shape: [16], dataType: "float32" }, { kind: "samples" });
  const [gamma, beta] = [declare("gamma"), declare("beta")];
  if (isOfBatch) return clip(normalizeByBatch({ x, gamma, beta, channelAxis: 1, epsilon: 1e-3 }, graph).y, graph);
  const variance = graph.node("Exp", [declare("variance")]);
  return clip(graph.node("BatchNormalization", [x, gamma, beta, declare("mean"), variance]), graph);
}

/** The gate of a squeeze-and-excitation block: a number for each channel of each row. */
function squeeze(x: ValueName, channels: number, graph: GraphBuilder): ValueName {
  const mean = graph.node("ReduceMean", [x], { axes: ints([2, 3]), keepdims: int(1) });
  const gate = graph.node("Sigmoid", [
    convolve(graph, { x: mean, name: "squeeze", shape: [channels, channels, 1, 1] }),
  ]);
  return graph.node("Mul", [x, gate]);
}

interface Convolution {
  readonly x: ValueName;
  readonly name: string;
  readonly shape: readonly number[];
  readonly attributes?: Readonly<Record<string, ReturnType<typeof ints>>>;
}

function convolve(graph: GraphBuilder, { x, name, shape, attributes = {} }: Convolution): ValueName {
  const declare = (part: string, lengths: readonly number[]) =>
    graph.input(`${name}/${part}`, { shape: lengths, dataType: "float32" }, { kind: "samples" });
  const operands = [x, declare("kernel", shape), declare("bias", shape.slice(0, 1))];
  return graph.node("Conv", operands, { kernel_shape: ints(shape.slice(2)), ...attributes });
}

/** 1×1, each channel by itself, perhaps a gate, 1×1 and the sum of both ways; with the gradients of all weights. */
function createBlock({
  channels = 16,
  side = 7,
  kernel = 3,
  strides = [1, 1],
  pads = [1, 1, 1, 1],
  dilations = [1, 1],
  activation = clip,
  isSqueezed = false,
}: Block): Graph {
  const graph = new GraphBuilder((name) => name);
  const x = graph.input("x", { shape: ["N", 16, side, side], dataType: "float32" }, { kind: "samples" });
  const first = convolve(graph, { x, name: "first", shape: [channels, 16, 1, 1] });
  const window = { strides: ints(strides), pads: ints(pads), dilations: ints(dilations) };
  const depthwise = convolve(graph, {
    x: activation(first, graph, "norm1"),
    name: "depthwise",
    shape: [channels, 1, kernel, kernel],
    attributes: { ...window, group: int(channels) },
  });
  const active = activation(depthwise, graph, "norm2");
  const squeezed = isSqueezed ? squeeze(active, channels, graph) : active;
  const last = convolve(graph, { x: squeezed, name: "last", shape: [16, channels, 1, 1] });
  const isAlike = graph.shapeOf(last)[2] === side;
  const y = isAlike ? graph.node("Add", [last, x]) : last;
  const gradient = graph.input("dy", graph.typeOf(y), { kind: "outputGradient" });
  const wanted = graph.inputs.map(({ name }) => name).filter((name) => name !== "dy");
  const gradients = differentiate(graph, { seeds: [{ value: y, gradient }], wanted });
  graph.output("y", y, { kind: "outputs" });
  for (const [name, value] of gradients) graph.output(`${name}/gradient`, value, { kind: "outputs" });
  return graph.finish();
}

function drawFeeds({ inputs }: Graph, rows: number): GraphValues {
  const stream = new RandomStream(5, "feeds");
  const entries = inputs.map(({ name, shape }) => {
    const lengths = shape.map((length) => (typeof length === "number" ? length : rows));
    const size = lengths.reduce((product, length) => product * length, 1);
    return [name, { data: Float32Array.from({ length: size }, () => stream.uniform() - 0.4), shape: lengths }] as const;
  });
  return Object.fromEntries(entries);
}

function countOperators({ nodes }: Graph): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { op } of nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

describe("blockChannels() gives the same numbers for convolutions of each channel by itself,", () => {
  let lanes: number | undefined;
  beforeAll(async () => {
    lanes = await findChannelLanes(await openCarrier("cpu"));
  });

  const cases: readonly (readonly [string, Block])[] = [
    ["plain ones", {}],
    ["windows with strides", { strides: [2, 2] }],
    ["strides that leave something over", { side: 8, strides: [2, 3], pads: [0, 1, 1, 0] }],
    ["large windows, padded on one side", { kernel: 5, strides: [2, 2], pads: [1, 2, 2, 1] }],
    ["windows without padding", { pads: [0, 0, 0, 0] }],
    ["dilated windows", { dilations: [2, 1], pads: [2, 1, 2, 1] }],
    ["a smooth activation and a gate", { activation: swish, isSqueezed: true }],
    ["channels that do not fill the blocks", { channels: 20 }],
    ["norms by the batch", { activation: (x, graph, name) => normalize(graph, { x, name, isOfBatch: true }) }],
    ["norms by given numbers", { activation: (x, graph, name) => normalize(graph, { x, name, isOfBatch: false }) }],
  ];
  for (const [name, block] of cases) {
    test(`when there are ${name}`, async () => {
      // Processors without blocks have nothing to compare.
      if (lanes === undefined) return;
      const graph = createBlock(block);
      const blocked = blockChannels(graph, lanes);
      for (const rows of [1, 3]) {
        const feeds = drawFeeds(graph, rows);
        const [wanted, given] = [await runGraph(graph, feeds), await runGraph(blocked, feeds)];
        expect(Object.keys(given)).toEqual(Object.keys(wanted));
        // Sums whose terms cancel each other are as exact as the largest of all values.
        const largest = Object.values(wanted).reduce((most, values) => Math.max(most, ...values.map(Math.abs)), 1);
        for (const [output, values] of Object.entries(wanted)) {
          expect(measureDifference(given[output] ?? new Float32Array(0), values)).toBeLessThan(1e-5 * largest);
        }
      }
    });
  }

  test("and takes all of them to blocks, when channels fill those", () => {
    for (const block of [{}, { strides: [2, 2], isSqueezed: true }] as const) {
      const counts = countOperators(blockChannels(createBlock(block), 8));
      expect([counts.Conv, counts.ConvTranspose, counts.Scan]).toEqual([undefined, undefined, 1]);
    }
    const norms = createBlock({ activation: (x, graph, name) => normalize(graph, { x, name, isOfBatch: true }) });
    expect(countOperators(blockChannels(norms, 8)).BatchNormalization).toBeUndefined();
  });
});
