import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { copyToSharedFloat32, copyToSharedInt32, createSharedUint8 } from "../../core/shared/shared_memory.ts";
import { type NpyArray, parseNpy } from "../../data/readers/npy_reader.ts";
import type { GateSet } from "./gate_set.ts";

/**
 * Reads held samples: a folder for each experience with its number at the end of its name ("experience-002"), and in it
 * x.npy [N, …], as the model takes samples, and y.npy [N], the columns of their classes; task_labels.npy [N] for models
 * that take task labels.
 * @throws {RefusalError} If there is none, or a file is not what it should be.
 */
export async function readGateFolder(folder: string): Promise<readonly GateSet[]> {
  const entries = await withFileNamed(folder, () => readdir(folder, { withFileTypes: true }));
  const sets: GateSet[] = [];
  for (const entry of entries) {
    const [digits] = /\d+$/.exec(entry.name) ?? [];
    if (!entry.isDirectory() || digits === undefined) continue;
    const experience = Number(digits);
    if (sets.some((other) => other.experience === experience)) {
      throw new RangeRefusal(`${folder} holds two folders of experience ${experience}`);
    }
    sets.push(await readSet(join(folder, entry.name), experience));
  }
  if (sets.length > 0) return sets.sort((a, b) => a.experience - b.experience);
  throw new RefusalError(`${folder} holds no folder such as experience-000 with x.npy and y.npy`);
}

async function readSet(folder: string, experience: number): Promise<GateSet> {
  const x = await readArray(join(folder, "x.npy"));
  const [rows = 0] = x.shape;
  if (rows === 0) throw new RangeRefusal(`${join(folder, "x.npy")} holds no samples`);
  const samples = x.data instanceof Uint8Array ? copyBytes(x.data) : copyToSharedFloat32(x.data);
  const targets = await readLabels(join(folder, "y.npy"), rows);
  const entries = await readdir(folder);
  if (!entries.includes("task_labels.npy")) return { experience, rows, samples, targets };
  const taskLabels = await readLabels(join(folder, "task_labels.npy"), rows);
  return { experience, rows, samples, targets, taskLabels };
}

async function readLabels(path: string, rows: number): Promise<Int32Array<SharedArrayBuffer>> {
  const { data, shape } = await readArray(path);
  if (shape.length !== 1 || shape[0] !== rows) {
    throw new RangeRefusal(`${path} must have the shape [${rows}], got [${shape.join(", ")}]`);
  }
  if (!data.every((value) => Number.isInteger(value) && value >= 0)) {
    throw new RangeRefusal(`${path} must hold whole numbers of at least 0`);
  }
  return copyToSharedInt32(data);
}

async function readArray(path: string): Promise<NpyArray> {
  return parseNpy(await withFileNamed(path, () => readFile(path)), path);
}

function copyBytes(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const shared = createSharedUint8(bytes.length);
  shared.set(bytes);
  return shared;
}
