import { readFile } from "node:fs/promises";
import { describeCause, RefusalError, SyntaxRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { describeRuntimeError } from "../../onnx/runtime_error.ts";
import type { GateAccuracy, GateSet } from "../gate/gate_set.ts";
import { measureGate } from "../gate/measure_gate.ts";
import { parseServedFile, type ServedFile } from "../model_file/served_file.ts";
import type { TensorPort } from "../model_file/tensor_port.ts";
import { type BatchTime, chooseBatch, listBatchSizes, warmUp } from "../sessions/choose_batch.ts";
import { freeModel, loadModel, type ModelHandle, type ModelSource, openSession } from "../sessions/loaded_model.ts";

/** What is wanted of a model's file. Plain data. */
export interface PrepareRequest {
  readonly path: string;
  /** Rows that a batch may have at the most. */
  readonly maxBatch: number;
  /** Held samples of the experiences that it must not have forgotten. */
  readonly gateSets: readonly GateSet[];
}

/** A model that is loaded, warm and measured. Plain data. */
export interface PreparedVersion {
  readonly file: ServedFile;
  readonly handle: ModelHandle;
  /** Rows of a batch: the best of those that were tried. */
  readonly capacity: number;
  readonly times: readonly BatchTime[];
  readonly accuracies: readonly GateAccuracy[];
}

/** A model, or in one sentence why it cannot be used. */
export type PrepareOutcome =
  | { readonly kind: "prepared"; readonly version: PreparedVersion }
  | { readonly kind: "refused"; readonly reason: string };

/** Reads, loads, warms up and measures a model's file. Never throws: a file is data that somebody put there. */
export async function prepareVersion({ path, maxBatch, gateSets }: PrepareRequest): Promise<PrepareOutcome> {
  try {
    const bytes = await withFileNamed(path, () => readFile(path));
    const source = { path, bytes, file: parseServedFile(bytes, path) };
    const handle = await loadModel(source).catch((cause: unknown) => {
      throw new SyntaxRefusal(`${path}: onnxruntime does not load it: ${describeRuntimeError(cause)}`, { cause });
    });
    try {
      return { kind: "prepared", version: await measure(source, { handle, maxBatch, gateSets }) };
    } catch (error) {
      await freeModel(handle);
      throw error;
    }
  } catch (error) {
    const reason = error instanceof RefusalError ? error.message : `${path}: ${describeCause(error)}`;
    return { kind: "refused", reason };
  }
}

async function measure(
  { file }: ModelSource,
  { handle, maxBatch, gateSets }: { handle: ModelHandle; maxBatch: number; gateSets: readonly GateSet[] },
): Promise<PreparedVersion> {
  const sizes = listBatchSizes(maxBatch, sumRowBytes([...file.inputs, ...file.outputs]));
  const session = await openSession(handle, { file, capacity: Math.max(...sizes) });
  try {
    const times = await warmUp(session, sizes);
    const accuracies = await measureGate(session, { file, sets: gateSets });
    return { file, handle, capacity: chooseBatch(times), times, accuracies };
  } finally {
    await session.release();
  }
}

function sumRowBytes(ports: readonly TensorPort[]): number {
  return ports.reduce((sum, { rowBytes }) => sum + rowBytes, 0);
}
