import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeGraph } from "../../onnx/file/encode_graph.ts";
import { int } from "../../onnx/file/onnx_model.ts";
import type { Graph } from "../../onnx/graph.ts";
import { createSessionOptions } from "./session_options.ts";

let found: Promise<number | undefined> | undefined;

/**
 * How many channels onnxruntime puts into a block on this processor: 16 with AVX-512, 8 with AVX; undefined where it
 * has no convolutions on blocks. Found out once, by asking it for a block: it does not say otherwise.
 */
export function findChannelLanes(): Promise<number | undefined> {
  found ??= measureBlock();
  return found;
}

async function measureBlock(): Promise<number | undefined> {
  const session = await openSession();
  if (!session) return undefined;
  try {
    const x = new Tensor("float32", new Float32Array(4), [1, 4, 1, 1]);
    const [, lanes = 0] = (await session.run({ x }))[BLOCK_NAME]?.dims ?? [];
    return lanes > 4 ? lanes : undefined;
  } finally {
    await session.release();
  }
}

/** Undefined where onnxruntime does not know the operator. */
async function openSession(): Promise<InferenceSession | undefined> {
  const options = createSessionOptions({ device: "cpu", intraOpThreads: 1 });
  return InferenceSession.create(encodeGraph(createGraph()), options).catch(() => undefined);
}

const BLOCK_NAME = "block";

function createGraph(): Graph {
  const type = { shape: [1, 4, 1, 1], dataType: "float32" } as const;
  return {
    nodes: [{ op: "BlockChannels", inputs: ["x"], outputs: [BLOCK_NAME], attributes: { channels_last: int(0) } }],
    constants: [],
    inputs: [{ name: "x", ...type, role: { kind: "samples" } }],
    // How long the second axis is, is what we ask.
    outputs: [{ name: BLOCK_NAME, shape: [1, "N", 1, 1], dataType: "float32", role: { kind: "outputs" } }],
    rowLimit: undefined,
    types: new Map(),
  };
}
