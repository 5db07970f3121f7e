import { int } from "../../onnx/file/onnx_model.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { Carrier, GraphRunner } from "./carrier.ts";
import { encodeGraphFile } from "./graph_file.ts";

let found: Promise<number | undefined> | undefined;

/**
 * How many channels onnxruntime puts into a block on this processor: 16 with AVX-512, 8 with AVX; undefined where it
 * has no convolutions on blocks. Found out once, by asking it for a block: it does not say otherwise.
 */
export function findChannelLanes(carrier: Carrier): Promise<number | undefined> {
  found ??= measureBlock(carrier);
  return found;
}

async function measureBlock(carrier: Carrier): Promise<number | undefined> {
  const runner = await openRunner(carrier);
  if (!runner) return undefined;
  try {
    const [x, size] = [new Float32Array(CHANNELS), new Float32Array(1)];
    await runner.run([x, size], 1);
    const [lanes = 0] = size;
    return lanes > CHANNELS ? lanes : undefined;
  } finally {
    await runner.release();
  }
}

/** Undefined where onnxruntime does not know the operator. */
async function openRunner(carrier: Carrier): Promise<GraphRunner | undefined> {
  return carrier.load(encodeGraphFile(createGraph()), { device: "cpu", intraOpThreads: 1 }).catch(() => undefined);
}

const CHANNELS = 4;

/** Counts the values of a block: the axis of the channels is filled up, the others have one place. */
function createGraph(): Graph {
  const dataType = "float32";
  return {
    nodes: [
      { op: "BlockChannels", inputs: ["x"], outputs: ["block"], attributes: { channels_last: int(0) } },
      { op: "Size", inputs: ["block"], outputs: ["size"], attributes: {} },
      { op: "Cast", inputs: ["size"], outputs: ["lanes"], attributes: { to: int(1) } },
    ],
    constants: [],
    inputs: [{ name: "x", shape: [1, CHANNELS, 1, 1], dataType, role: { kind: "samples" } }],
    outputs: [{ name: "lanes", shape: [], dataType, role: { kind: "outputs" } }],
    rowLimit: undefined,
    types: new Map(),
  };
}
