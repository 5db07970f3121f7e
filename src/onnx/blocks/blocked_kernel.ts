import { elementAt } from "../../core/element_at.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import { readInts } from "../ops/operands.ts";
import type { BlockedGraph } from "./blocked_graph.ts";

/** A kernel with its taps first: [height, width, a, b], where axis 2 or 3 counts the outputs. */
interface TapsFirst {
  readonly kernel: ValueName;
  readonly outputsAxis: 2 | 3;
}

/**
 * A convolution's kernel [outputs, inputs, height, width], or one [inputs, outputs, height, width] to be turned around,
 * as BlockedConv wants it: in memory [outputs / lanes, inputs / lanes, height, width, lanes of inputs, lanes of
 * outputs], filled up with zeros. Inputs that do not fill a block stay as many as they are. The parameters lie with
 * their taps first; from there whole blocks are moved, or rows of them.
 */
export function blockKernel(
  kernel: ValueName,
  { isBackwards }: { isBackwards: boolean },
  graph: BlockedGraph,
): ValueName {
  const tapsFirst = putTapsFirst(kernel, graph);
  const outputsAxis = isBackwards ? (tapsFirst.outputsAxis === 2 ? 3 : 2) : tapsFirst.outputsAxis;
  const { kernel: source } = tapsFirst;
  const shape = graph.shapeOf(source).map(Number);
  const [height = 1, width = 1] = shape;
  const inputsAxis = outputsAxis === 2 ? 3 : 2;
  const inputs = elementAt(shape, inputsAxis);
  const isWide = inputs >= graph.lanes;
  const full = shape
    .with(outputsAxis, graph.fillUp(elementAt(shape, outputsAxis)))
    .with(inputsAxis, isWide ? graph.fillUp(inputs) : inputs);
  const filled = fillUpTo(source, full, graph);
  // Every axis of channels as two: blocks, and lanes within; but [inputs] and a length of 1 where there are no blocks.
  const split = [2, 3].flatMap((axis) => {
    const length = elementAt(full, axis);
    return axis === inputsAxis && !isWide ? [length, 1] : [length / graph.lanes, graph.lanes];
  });
  const lengths = [height, width, ...split];
  const blocked = [elementAt(full, outputsAxis), elementAt(full, inputsAxis), height, width];
  if (outputsAxis === 2) return moveBlocks(filled, { lengths, blocked, isBackwards }, graph);
  const parts = reshape(isBackwards ? reverseTaps(filled, full, graph) : filled, lengths, graph);
  const order = [4, 2, 0, 1, 3, 5];
  const moved = graph.make("Transpose", [parts], {
    shape: order.map((axis) => elementAt(lengths, axis)),
    attributes: { perm: ints(order) },
  });
  return reshape(moved, blocked, graph);
}

/**
 * What the kernel was transposed from, if that has its taps first; else the kernel [a, b, height, width] transposed.
 */
function putTapsFirst(kernel: ValueName, graph: BlockedGraph): TapsFirst {
  const producer = graph.producerOf(kernel);
  if (producer?.op === "Transpose") {
    const order = readInts(producer.attributes, "perm").join();
    const source = graph.unblock(elementAt(producer.inputs, 0));
    if (order === "3,2,0,1") return { kernel: source, outputsAxis: 3 };
    if (order === "2,3,0,1") return { kernel: source, outputsAxis: 2 };
  }
  const [a = 1, b = 1, height = 1, width = 1] = graph.shapeOf(kernel);
  const attributes = { perm: ints([2, 3, 1, 0]) };
  const moved = graph.make("Transpose", [graph.unblock(kernel)], { shape: [height, width, b, a], attributes });
  return { kernel: moved, outputsAxis: 3 };
}

/**
 * The same of [height, width, blocks of outputs, lanes, blocks of inputs, lanes]: the lanes of outputs are brought to
 * the end, and whole blocks are gathered then, which takes a fifth of the time of one transpose that does both. Two
 * transposes would not do: onnxruntime makes one of them.
 */
function moveBlocks(
  kernel: ValueName,
  {
    lengths,
    blocked,
    isBackwards,
  }: { readonly lengths: readonly number[]; readonly blocked: readonly number[]; readonly isBackwards: boolean },
  graph: BlockedGraph,
): ValueName {
  const [height = 1, width = 1, outputBlocks = 1, outputs = 1, inputBlocks = 1, inputs = 1] = lengths;
  const taps = height * width;
  const rows = taps * outputBlocks;
  const lines = reshape(kernel, [rows, outputs, inputBlocks * inputs], graph);
  const turned = graph.make("Transpose", [lines], {
    shape: [rows, inputBlocks * inputs, outputs],
    attributes: { perm: ints([0, 2, 1]) },
  });
  const blocks = reshape(turned, [rows * inputBlocks, inputs * outputs], graph);
  const order = Array.from({ length: rows * inputBlocks }, (_, at) => {
    const tap = isBackwards ? taps - 1 - (at % taps) : at % taps;
    const inputBlock = Math.floor(at / taps) % inputBlocks;
    const outputBlock = Math.floor(at / taps / inputBlocks);
    return (tap * outputBlocks + outputBlock) * inputBlocks + inputBlock;
  });
  const shape = [rows * inputBlocks, inputs * outputs];
  const moved = graph.make("Gather", [blocks, graph.integers(order)], { shape, attributes: { axis: int(0) } });
  return reshape(moved, blocked, graph);
}

/** [height, width, …] with the taps in reverse: whole rows are moved. */
function reverseTaps(value: ValueName, lengths: readonly number[], graph: BlockedGraph): ValueName {
  const [height = 1, width = 1, ...rest] = lengths;
  const taps = height * width;
  const shape = [taps, rest.reduce((product, length) => product * length, 1)];
  const backwards = graph.integers(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
  const rows = reshape(value, shape, graph);
  const reversed = graph.make("Gather", [rows, backwards], { shape, attributes: { axis: int(0) } });
  return reshape(reversed, lengths, graph);
}

function reshape(value: ValueName, shape: readonly number[], graph: BlockedGraph): ValueName {
  return graph.make("Reshape", [value, graph.integers(shape)], { shape });
}

function fillUpTo(kernel: ValueName, lengths: readonly number[], graph: BlockedGraph): ValueName {
  const added = graph.shapeOf(kernel).map((length, axis) => elementAt(lengths, axis) - Number(length));
  if (added.every((length) => length === 0)) return kernel;
  const pads = graph.integers([...added.map(() => 0), ...added]);
  return graph.make("Pad", [kernel, pads], { shape: lengths });
}
