import { assertArrayBytes, findMaxArrayBytes } from "../../core/array_limit.ts";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import type { DataType, OnnxGraph, OnnxTensor, ValueType } from "../file/onnx_model.ts";
import { multiplyDimensions } from "../shape.ts";
import { inferGraphTypes } from "./infer_graph_types.ts";

/** What running a file takes beside its own bytes. */
export interface ExportMemory {
  /** Values that do not depend on the batch: onnxruntime computes them once and keeps them. */
  readonly fixedBytes: number;
  /** For each row of a batch, the values that are needed at one time, at the most. */
  readonly rowBytes: number;
}

/** What one run may take of what an array may: more rows are run in several batches. */
const SHARE_OF_ARRAY = 1 / 4;

/**
 * How many rows of an exported file are run at a time, by the shapes of all values that it computes: a file of a few
 * bytes can ask for any amount of memory.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxRefusal} If a node is none that Firn writes, or does not fit its inputs. {RangeRefusal} If one row
 *   needs more memory than an array may have.
 */
export function countRowsAtOnce(graph: OnnxGraph, subject: string): number {
  const { fixedBytes, rowBytes } = measureExport(graph, subject);
  assertArrayBytes(`${subject}, run on one sample`, fixedBytes + rowBytes);
  const available = findMaxArrayBytes() * SHARE_OF_ARRAY - fixedBytes;
  return Math.max(1, Math.floor(available / Math.max(1, rowBytes)));
}

/**
 * Measures what a graph takes when it is run, from the shapes of its inputs and initializers.
 * @throws {SyntaxRefusal} If an initializer has not the bytes of its shape, or a node cannot be followed.
 */
export function measureExport(graph: OnnxGraph, subject: string): ExportMemory {
  for (const tensor of graph.initializers) assertWhole(tensor, subject);
  const types = inferGraphTypes(graph, subject);
  const lastUse = new Map(graph.nodes.flatMap(({ inputs }, i) => inputs.map((name) => [name, i] as const)));
  const freedAfter = Map.groupBy(lastUse.keys(), (name) => lastUse.get(name));
  const rowBytesOf = (name: string) => measureValue(types.get(name)).rowBytes;
  let fixedBytes = 0;
  let live = graph.inputs.reduce((sum, { name }) => sum + rowBytesOf(name), 0);
  let rowBytes = live;
  for (const [i, node] of graph.nodes.entries()) {
    for (const output of node.outputs) {
      const bytes = measureValue(types.get(output));
      fixedBytes += bytes.fixedBytes;
      live += bytes.rowBytes;
    }
    rowBytes = Math.max(rowBytes, live);
    for (const name of freedAfter.get(i) ?? []) live -= rowBytesOf(name);
  }
  return { fixedBytes, rowBytes };
}

const ITEM_BYTES: Readonly<Record<DataType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

function assertWhole({ name, shape, dataType, bytes, external }: OnnxTensor, subject: string): void {
  const { length } = external ?? bytes;
  const wanted = shape.reduce((product, length) => product * length, ITEM_BYTES[dataType]);
  if (length === wanted && shape.every((length) => length >= 0)) return;
  const shown = `[${shape.join(", ")}]`;
  throw new SyntaxRefusal(`${subject}: ${name} of shape ${shown} needs ${wanted} bytes, got ${length}`);
}

function measureValue(type: ValueType | undefined): ExportMemory {
  if (!type) return { fixedBytes: 0, rowBytes: 0 };
  const length = multiplyDimensions(type.shape);
  const bytes = ITEM_BYTES[type.dataType];
  if (typeof length === "number") return { fixedBytes: length * bytes, rowBytes: 0 };
  return { fixedBytes: 0, rowBytes: (length === "N" ? 1 : Number(length.slice(2))) * bytes };
}
