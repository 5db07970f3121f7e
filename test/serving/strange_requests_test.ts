import { afterAll, expect, test } from "bun:test";
import { RandomStream } from "../../src/core/random_stream.ts";
import { serve } from "../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { ask, makeRequest } from "./asking.ts";
import { writeVersion } from "./made_models.ts";
import { makeStrangeRequest } from "./made_requests.ts";

afterAll(removeFolders);

/** Statuses that a request may be answered with, whatever is in it. */
const EXPECTED = [200, 400, 404, 405, 413, 415];

test("serve() answers each of ten thousand strange requests, and a good client beside them is unharmed", async () => {
  const folder = await makeFolder({});
  await writeVersion(folder, 0);
  await using serving = await serve({ models: [{ path: folder, name: "made" }], maxBodyBytes: 15_000 });
  const random = new RandomStream(1, "strange requests");
  const faults: string[] = [];
  const counts: Record<number, number> = {};
  for (let i = 0; i < 10_000; i++) {
    const { path, method, headers, body } = makeStrangeRequest(random);
    const response = await fetch(serving.url + path, { method, headers, ...(body ? { body } : {}) });
    const text = await response.text();
    counts[response.status] = (counts[response.status] ?? 0) + 1;
    const hasError = response.status === 200 || typeof JSON.parse(text).error === "string";
    if (!EXPECTED.includes(response.status) || !hasError)
      faults.push(`${i}: ${method} ${path}: ${response.status} ${text}`);
    if (i % 20 === 0) {
      const { json } = await ask(`${serving.url}/v2/models/made/infer`, { body: makeRequest([[1, 2, 3]]) });
      expect(json.outputs[0].data).toEqual([2, 4, 6]);
    }
  }
  expect(faults).toEqual([]);
  // The requests are of many kinds: some are right after all.
  for (const status of EXPECTED) expect({ status, isMet: (counts[status] ?? 0) > 0 }).toEqual({ status, isMet: true });
}, 60_000);
