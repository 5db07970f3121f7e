import { afterAll, expect, test } from "bun:test";
import { findNative } from "../../src/engine/onnxruntime/native/find_native.ts";
import { serve } from "../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { ask, makeRequest } from "./asking.ts";
import { computeLogits, writeVersion } from "./made_models.ts";

afterAll(removeFolders);

const SWAPS = 100;
const CLIENTS = 8;
const KEEP = 2;

/** What a client saw: how many answers, and what was wrong with them. */
interface Seen {
  answers: number;
  newest: number;
  readonly faults: string[];
}

/** Asks again and again. Each answer must be that of the version which it names, and versions never go back. */
async function askUntil(isDone: () => boolean, { url, client }: { url: string; client: number }): Promise<Seen> {
  const seen: Seen = { answers: 0, newest: 0, faults: [] };
  for (let i = 0; !isDone(); i++) {
    const row = [client, i % 7, -i % 5];
    const { status, json } = await ask(url, { body: makeRequest([row]) });
    const version = Number(json.model_version);
    const expected = computeLogits(row, { shift: version });
    if (status !== 200) seen.faults.push(`${status} ${JSON.stringify(json)}`);
    else if (JSON.stringify(json.outputs[0].data) !== JSON.stringify(expected))
      seen.faults.push(`${version}: wrong answer`);
    else if (version < seen.newest) seen.faults.push(`${version} after ${seen.newest}`);
    seen.newest = version;
    seen.answers += 1;
  }
  return seen;
}

test("serve() swaps under load: every answer is right, versions never go back, nothing is left loaded", async () => {
  const folder = await makeFolder({});
  await writeVersion(folder, 0);
  const native = await findNative();
  const countFreed = () => (native.isThere ? native.api.countFreed("ReleaseSession") : 0);
  const freedBefore = countFreed();
  const serving = await serve({ models: [{ path: folder, name: "made" }], keep: KEEP, pollMs: 1e9 });
  let isDone = false;
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    askUntil(() => isDone, { url: `${serving.url}/v2/models/made/infer`, client }),
  );
  try {
    for (let version = 1; version <= SWAPS; version++) {
      await writeVersion(folder, version);
      await serving.scan();
      await serving.scan();
    }
  } finally {
    isDone = true;
  }
  const seen = await Promise.all(clients);
  expect(seen.flatMap(({ faults }) => faults)).toEqual([]);
  expect(seen.every(({ answers }) => answers > 0)).toBe(true);
  expect((await ask(`${serving.url}/v2/models/made`)).json.versions).toEqual([String(SWAPS - 1), String(SWAPS)]);
  if (native.isThere) expect(countFreed() - freedBefore).toBe(SWAPS + 1 - KEEP);
  await serving.close();
  if (native.isThere) expect(countFreed() - freedBefore).toBe(SWAPS + 1);
}, 60_000);

test("serve() rolls back and pins under load", async () => {
  const folder = await makeFolder({});
  for (const version of [0, 1, 2]) await writeVersion(folder, version);
  await using serving = await serve({ models: [{ path: folder, name: "made" }], pollMs: 1e9 });
  const url = `${serving.url}/v2/models/made/infer`;
  let isDone = false;
  const pin = async (version: string) => {
    const faults: string[] = [];
    while (!isDone) {
      const { json } = await ask(url, { body: makeRequest([[1, 2, 3]]), headers: { "firn-version": version } });
      if (json.model_version !== version || json.outputs[0].data[0] !== 2 + Number(version))
        faults.push(JSON.stringify(json));
    }
    return faults;
  };
  const free = async () => {
    const faults: string[] = [];
    while (!isDone) {
      const { json } = await ask(url, { body: makeRequest([[1, 2, 3]]) });
      if (json.outputs?.[0].data[0] !== 2 + Number(json.model_version)) faults.push(JSON.stringify(json));
    }
    return faults;
  };
  const clients = [pin("0"), pin("1"), pin("2"), free(), free()];
  for (let round = 0; round < 20; round++) {
    expect(await serving.rollback("made")).toBe("1");
    expect(await serving.rollback("made")).toBe("0");
    await serving.promote("made", "1");
    await serving.promote("made", "2");
  }
  isDone = true;
  expect((await Promise.all(clients)).flat()).toEqual([]);
}, 60_000);

test.if("Bun" in globalThis)(
  "serve() swaps in several threads that listen on one port",
  async () => {
    const folder = await makeFolder({});
    await writeVersion(folder, 0);
    await using serving = await serve({ models: [{ path: folder, name: "made" }], listeners: 3, pollMs: 1e9 });
    const url = `${serving.url}/v2/models/made/infer`;
    const headers = { connection: "close" };
    for (const version of [0, 1, 2]) {
      if (version > 0) {
        await writeVersion(folder, version);
        await serving.scan();
        await serving.scan();
      }
      // Each on a connection of its own: all threads get some.
      const asked = Array.from({ length: 30 }, () => ask(url, { body: makeRequest([[1, 2, 3]]), headers }));
      const answers = await Promise.all(asked);
      expect(new Set(answers.map(({ json }) => json.outputs[0].data[0]))).toEqual(new Set([2 + version]));
      const { json } = await ask(`${serving.url}/v2/models/made/versions/${version}/stats`);
      expect(json.model_stats[0].inference_count).toBe(30);
    }
    expect((await ask(`${serving.url}/v2/models/made/rollback`, { body: {} })).json.model_version).toBe("1");
  },
  60_000,
);
