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
 * their taps first; from there it is one transpose, which moves whole blocks.
 */
export function blockKernel(
  kernel: ValueName,
  { isBackwards }: { isBackwards: boolean },
  graph: BlockedGraph,
): ValueName {
  const tapsFirst = putTapsFirst(kernel, graph);
  const outputsAxis = isBackwards ? (tapsFirst.outputsAxis === 2 ? 3 : 2) : tapsFirst.outputsAxis;
  const source = isBackwards ? reverseTaps(tapsFirst.kernel, graph) : tapsFirst.kernel;
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
  const [outputBlocks, inputBlocks] = outputsAxis === 2 ? [2, 4] : [4, 2];
  const order = [outputBlocks, inputBlocks, 0, 1, inputBlocks + 1, outputBlocks + 1];
  const parts = graph.make("Reshape", [filled, graph.integers(lengths)], { shape: lengths });
  const moved = graph.make("Transpose", [parts], {
    shape: order.map((axis) => elementAt(lengths, axis)),
    attributes: { perm: ints(order) },
  });
  const blocked = [elementAt(full, outputsAxis), elementAt(full, inputsAxis), height, width];
  return graph.make("Reshape", [moved, graph.integers(blocked)], { shape: blocked });
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

/** [height, width, a, b] with the taps in reverse: whole rows are moved. */
function reverseTaps(kernel: ValueName, graph: BlockedGraph): ValueName {
  const shape = graph.shapeOf(kernel).map(Number);
  const [height = 1, width = 1, a = 1, b = 1] = shape;
  const taps = height * width;
  const rows = graph.make("Reshape", [kernel, graph.integers([taps, a * b])], { shape: [taps, a * b] });
  const backwards = graph.integers(Array.from({ length: taps }, (_, tap) => taps - 1 - tap));
  const reversed = graph.make("Gather", [rows, backwards], { shape: [taps, a * b], attributes: { axis: int(0) } });
  return graph.make("Reshape", [reversed, graph.integers(shape)], { shape });
}

function fillUpTo(kernel: ValueName, lengths: readonly number[], graph: BlockedGraph): ValueName {
  const added = graph.shapeOf(kernel).map((length, axis) => elementAt(lengths, axis) - Number(length));
  if (added.every((length) => length === 0)) return kernel;
  const pads = graph.integers([...added.map(() => 0), ...added]);
  return graph.make("Pad", [kernel, pads], { shape: lengths });
}
