import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeValue, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { formatExportPath } from "../run_files.ts";

/**
 * The path of an exported file: the given one, or that of an experience in the folder of a run.
 * @param experience The number of an experience, from 0. Default: the newest.
 * @throws {RefusalError} If there is no such file, saying which experiences there are.
 */
export async function findExport(path: string, experience?: number): Promise<string> {
  const found = await withFileNamed(path, () => stat(path));
  if (!found.isDirectory()) {
    if (experience === undefined) return path;
    throw new RangeRefusal(`${path} is a file, which has no experience ${experience}: give the folder of a run`);
  }
  const files = await readdir(join(path, "onnx")).catch(() => []);
  const numbers = files.flatMap((name) => /^experience-(\d+)\.onnx$/.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0)
    throw new RefusalError(`${path} holds no exported model (its folder onnx has none): give one of its checkpoints`);
  const newest = Math.max(...numbers);
  const chosen = experience ?? newest;
  if (numbers.includes(chosen)) return join(path, formatExportPath(chosen));
  const known = describeValue([...numbers].sort((a, b) => a - b));
  throw new RangeRefusal(`${path} has no export of experience ${chosen}; there are ${known}`);
}
