import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What must be equal in two runs of one configuration, however often they were cut off: all but times. */
export async function readEnding(directory: string) {
  const read = (name: string) => readFile(join(directory, name), "utf8");
  const summary = JSON.parse(await read("summary.json"));
  const experiences = summary.experiences.map((row: object) => ({ ...row, trainSeconds: 0, evalSeconds: 0 }));
  return {
    status: summary.status,
    parametersHash: summary.parametersHash,
    final: summary.final,
    experiences,
    metrics: await read("metrics.jsonl"),
    matrix: await read("accuracy_matrix.csv"),
  };
}
