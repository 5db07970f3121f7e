import { afterAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSampleGate } from "../../src/serving/gate/gate_source.ts";
import { createRunGate } from "../../src/serving/gate/run_gate.ts";
import { serve } from "../../src/serving/serve.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

import { ask, makeRequest } from "./asking.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

describe("createRunGate()", () => {
  test("has a version wait while its run goes on and has not written its accuracies", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 2},${(i * 3) % 7},${i % 2 ? "yes" : "no"}`).join("\n");
    const table = `x,noise,label\n${rows}\n`;
    const data = await makeFolder({ "1-jan/d.csv": table, "2-feb/d.csv": table });
    const run = join(await makeFolder({}), "run");
    const words = ["--model", "mlp:hiddenSize=4,hiddenLayers=1", "--workers", "0", "--quiet", "--out", run];
    expect((await captureCli(["train", "--benchmark", `directory:path=${data}`, ...words])).status).toBe(0);
    const gate = createRunGate(run);
    const path = join(run, "summary.json");
    const summary = JSON.parse(await readFile(path, "utf8"));
    const write = (change: object) => writeFile(path, JSON.stringify({ ...summary, ...change }));

    const wanted = summary.experiences[1].testAccuracy.map((accuracy: number, experience: number) => {
      return { experience, accuracy };
    });
    expect(await gate.recorded?.(1)).toEqual(wanted);
    await write({ status: "running", experiences: summary.experiences.slice(0, 1), final: null });
    expect([await gate.isReady?.(0), await gate.isReady?.(1)]).toEqual([true, false]);
    await write({ status: "running" });
    expect(await gate.isReady?.(1)).toBe(true);
    // A run that ended before it could measure is not waited for.
    await write({ status: "failed", experiences: summary.experiences.slice(0, 1), final: null });
    expect(await gate.isReady?.(1)).toBe(true);
    expect(await gate.recorded?.(1)).toBeUndefined();
  });
});

describe("a folder that is watched", () => {
  test("has a file wait until its gate is ready for it", async () => {
    const folder = await makeFolder({});
    await writeVersion(folder, 0, {});
    let isMeasured = false;
    const gate = { ...createSampleGate([]), isReady: async (version: number) => version === 0 || isMeasured };
    await using serving = await serve({ models: [{ path: folder, name: "made", gate }], pollMs: 1e9 });
    const answeredBy = async () => {
      const answer = await ask(`${serving.url}/v2/models/made/infer`, { body: makeRequest([[1, 2, 3]]) });
      return answer.json.model_version;
    };
    await writeVersion(folder, 1);
    for (let look = 0; look < 3; look++) await serving.scan();
    expect(await answeredBy()).toBe("0");
    isMeasured = true;
    await serving.scan();
    expect(await answeredBy()).toBe("1");
  });
});
