import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What must be equal in two runs of one configuration, however often they were cut off: everything but times. */
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

/** Names what differs between two endings; empty if nothing does. */
export function listDifferences(
  a: Awaited<ReturnType<typeof readEnding>>,
  b: Awaited<ReturnType<typeof readEnding>>,
): string[] {
  const parts = Object.entries(b);
  return Object.entries(a)
    .filter(([key, value], i) => parts[i]?.[0] !== key || JSON.stringify(value) !== JSON.stringify(parts[i]?.[1]))
    .map(([key]) => key);
}
