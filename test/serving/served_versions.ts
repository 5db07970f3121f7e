import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSampleGate } from "../../src/serving/gate/gate_source.ts";
import { type Serving, serve } from "../../src/serving/serve.ts";
import type { ServeOptions } from "../../src/serving/serve_options.ts";
import { makeFolder } from "../support/made_idx.ts";
import { ask, makeRequest } from "./asking.ts";
import { makeGateSets } from "./made_gate.ts";
import { type MadeModel, writeVersion } from "./made_models.ts";

/** A poll so seldom that tests alone look for new files. */
const NEVER_MS = 1e9;

/** Serves a folder. */
export async function start(
  folder: string,
  options: Partial<ServeOptions> & { gate?: boolean } = {},
): Promise<Serving> {
  const { gate = false, ...more } = options;
  const model = { path: folder, name: "made", ...(gate ? { gate: createSampleGate(makeGateSets()) } : {}) };
  return serve({ models: [model], pollMs: NEVER_MS, ...more });
}

/** Takes in a file as the watcher does: the second look finds it unchanged. */
export async function scan(serving: Serving): Promise<void> {
  await serving.scan();
  await serving.scan();
}

/** Asks one sample. */
export const infer = ({ url }: Serving, headers = {}) =>
  ask(`${url}/v2/models/made/infer`, { body: makeRequest([[1, 2, 3]]), headers });

/** The version that answers. */
export const answeredBy = async (serving: Serving, headers = {}) => (await infer(serving, headers)).json.model_version;

/** Posts to the model. */
export const post = ({ url }: Serving, path: string, body: unknown = {}) =>
  ask(`${url}/v2/models/made/${path}`, { body });

/** What happened to versions. */
export async function readJournal(
  folder: string,
): Promise<readonly { event: string; version: string; reason?: string }[]> {
  const text = await readFile(join(folder, "serving", "journal.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** A folder with these versions. */
export async function makeVersions(...models: MadeModel[]): Promise<string> {
  const folder = await makeFolder({});
  for (const [version, model] of models.entries()) await writeVersion(folder, version, model);
  return folder;
}
