import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseNpy } from "../../../src/data/readers/npy_reader.ts";
import { parseNpyTexts } from "../../../src/data/readers/npy_text.ts";
import { type Serving, serve } from "../../../src/serving/serve.ts";
import type { ServeOptions } from "../../../src/serving/serve_options.ts";
import { makeFolder } from "../../support/made_idx.ts";
import { ask, makeRequest } from "../asking.ts";
import { type MadeModel, writeVersion } from "../made_models.ts";

/** Classes of made models. */
export const NAMES = ["ant", "bee", "cat"];

/** A made model that takes feedback. */
export interface Served {
  readonly serving: Serving;
  /** Where feedback is collected. */
  readonly folder: string;
  readonly infer: (rows: readonly (readonly number[])[], id: string) => ReturnType<typeof ask>;
  readonly tell: (body: unknown, headers?: Record<string, string>) => ReturnType<typeof ask>;
  readonly close: () => ReturnType<typeof ask>;
}

/** Serves a made model that takes feedback. */
export async function serveMade(model: MadeModel, more: Partial<ServeOptions> = {}, folder?: string): Promise<Served> {
  const path = await makeFolder({});
  await writeVersion(path, 0, model);
  const feedback = folder ?? join(await makeFolder({}), "data");
  const serving = await serve({ models: [{ path, name: "made", feedback }], pollMs: 1e9, ...more });
  const at = `${serving.url}/v2/models/made`;
  return {
    serving,
    folder: feedback,
    infer: (rows, id) => ask(`${at}/infer`, { body: makeRequest(rows, { id }), headers: { connection: "close" } }),
    tell: (body, headers = {}) => ask(`${at}/feedback`, { body, headers }),
    close: () => ask(`${at}/feedback/close`, { method: "POST" }),
  };
}

/** What an experience of feedback holds. */
export async function readExperience(folder: string) {
  const [x, y, source] = await Promise.all(
    ["x.npy", "y.npy", "source.jsonl"].map((name) => readFile(join(folder, name))),
  );
  const { shape, data } = parseNpy(x ?? new Uint8Array(), "x.npy");
  const texts = parseNpyTexts(y ?? new Uint8Array(), "y.npy");
  const labels = texts ?? [...parseNpy(y ?? new Uint8Array(), "y.npy").data];
  const lines = `${source}`
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { shape, x: [...data], isBytes: data instanceof Uint8Array, labels, lines };
}
