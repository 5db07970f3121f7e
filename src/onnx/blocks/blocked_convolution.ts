import { elementAt } from "../../core/element_at.ts";
import type { ValueType } from "../file/onnx_model.ts";
import type { GraphNode, ValueName } from "../graph.ts";
import { readGroups } from "../ops/window_shapes.ts";
import { readWindow } from "../ops/windowing.ts";

/** A convolution that is to work on blocks of channels. */
export interface BlockedConvolution {
  readonly node: GraphNode;
  readonly x: ValueName;
  /** [outputs, inputs, …taps], or [inputs, outputs, …taps] of one that goes backwards. */
  readonly kernel: ValueName;
  readonly bias: ValueName | undefined;
  /** A ConvTranspose without strides: a convolution with the kernel turned around. */
  readonly isBackwards: boolean;
}

/** What decides which convolutions work on blocks. */
export interface BlockingChoice {
  readonly types: ReadonlyMap<ValueName, ValueType>;
  readonly consumers: ReadonlyMap<ValueName, readonly GraphNode[]>;
  readonly lanes: number;
  /** Whether every convolution that fits into blocks works on them: those around it do. */
  readonly blocksAll: boolean;
}

/**
 * How many times as many products filled-up blocks may cost: 40 channels in 48 lanes are 1.44, and still a little
 * faster; 20 in 32 are 2.56, and took 12 ms where 9 did.
 */
const MOST_WASTE = 1.5;

/**
 * Products a value that has to be brought into blocks and back: with 72 (3×3, 16 channels) a convolution with both took
 * 0.8 of the time, with 64 (1×1, 128 channels) 1.1.
 */
const LEAST_WORK = 70;

/** onnxruntime brings channels into blocks four at a time. */
const CHANNELS_AT_ONCE = 4;

/**
 * The node as a convolution on blocks, if it is one that gains by it; undefined if not. One of few channels, as of
 * pictures, takes its channels as they are: it gains if what comes next works on blocks, or if its windows are large.
 */
export function chooseBlockedConvolution(node: GraphNode, choice: BlockingChoice): BlockedConvolution | undefined {
  const convolution = readConvolution(node, choice);
  if (!convolution) return undefined;
  const { inputs, outputs, taps } = convolution;
  const { lanes } = choice;
  const fillUp = (channels: number) => Math.ceil(channels / lanes) * lanes;
  const work = (taps * inputs * outputs) / (inputs + outputs);
  if (inputs < lanes) {
    const gains = work >= LEAST_WORK || feedsBlocks(node, choice);
    return outputs % lanes === 0 && gains ? convolution.blocked : undefined;
  }
  const waste = (fillUp(inputs) * fillUp(outputs)) / (inputs * outputs);
  const isWorthIt = waste <= MOST_WASTE && (work >= LEAST_WORK || (choice.blocksAll && inputs % lanes === 0));
  return isWorthIt && inputs % CHANNELS_AT_ONCE === 0 ? convolution.blocked : undefined;
}

/** True if a wide convolution takes what the node makes, after a Relu perhaps. */
function feedsBlocks({ outputs: [y = ""] }: GraphNode, choice: BlockingChoice): boolean {
  const takers = choice.consumers.get(y) ?? [];
  const afterRelu = takers
    .filter(({ op }) => op === "Relu")
    .flatMap(({ outputs: [z = ""] }) => choice.consumers.get(z) ?? []);
  return [...takers, ...afterRelu].some((taker) => {
    const next = readConvolution(taker, choice);
    return next !== undefined && next.inputs >= choice.lanes && chooseBlockedConvolution(taker, choice) !== undefined;
  });
}

/** Convolutions on two spatial axes, of one group, with a kernel of known size; backwards only without strides. */
function readConvolution(node: GraphNode, { types }: BlockingChoice) {
  const [x = "", kernel = "", bias] = node.inputs;
  const isBackwards = node.op === "ConvTranspose";
  if ((node.op !== "Conv" && !isBackwards) || readGroups(node.attributes) !== 1) return undefined;
  if (isBackwards && (bias !== undefined || !isTurnable(node))) return undefined;
  const shape = (types.get(kernel)?.shape ?? []).flatMap((length) => (typeof length === "number" ? [length] : []));
  const [first = 0, second = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4) return undefined;
  const [outputs, inputs] = isBackwards ? [second, first] : [first, second];
  const blocked: BlockedConvolution = { node, x, kernel, bias, isBackwards };
  return { blocked, inputs, outputs, taps: height * width };
}

function isTurnable({ attributes }: GraphNode): boolean {
  const { kernel, strides, dilations, padsBefore, padsBehind } = readWindow(attributes);
  const fits = (pads: readonly number[]) =>
    pads.every((pad, axis) => pad <= (elementAt(kernel, axis) - 1) * elementAt(dilations, axis));
  return (
    attributes.output_padding === undefined &&
    strides.every((stride) => stride === 1) &&
    fits(padsBefore) &&
    fits(padsBehind)
  );
}
