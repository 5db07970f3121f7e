import { afterAll, describe, expect, test } from "bun:test";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { ask, makeRequest } from "./asking.ts";
import { makeModel, writeVersion } from "./made_models.ts";
import { answeredBy, infer, makeVersions, post, readJournal, scan, start } from "./served_versions.ts";

afterAll(removeFolders);

describe("a folder that is watched", () => {
  test("new versions take over, older ones are released beyond the last that are kept", async () => {
    const folder = await makeVersions({});
    await using serving = await start(folder, { keep: 2 });
    for (let version = 1; version < 5; version++) {
      await writeVersion(folder, version);
      await scan(serving);
      expect(await answeredBy(serving)).toBe(String(version));
    }
    expect((await ask(`${serving.url}/v2/models/made`)).json.versions).toEqual(["3", "4"]);
    expect((await infer(serving, { "firn-version": "1" })).status).toBe(404);
    expect(await answeredBy(serving, { "firn-version": "3" })).toBe("3");
  });

  test("a folder without versions answers 503 until there is one", async () => {
    const folder = await makeFolder({});
    await using serving = await start(folder);
    expect((await infer(serving)).status).toBe(503);
    expect((await ask(`${serving.url}/v2/health/ready`)).status).toBe(503);
    expect((await ask(`${serving.url}/v2/health/live`)).status).toBe(200);
    await writeVersion(folder, 0);
    await scan(serving);
    expect((await ask(`${serving.url}/v2/health/ready`)).status).toBe(200);
    expect(await answeredBy(serving)).toBe("0");
  });

  test("a file that still grows is left alone, and taken when it is whole", async () => {
    const folder = await makeVersions({});
    await using serving = await start(folder);
    const path = join(folder, "experience-001.onnx");
    const bytes = makeModel({ shift: 1 });
    for (const length of [10, 100, bytes.length]) {
      await writeFile(path, bytes.subarray(0, length));
      await serving.scan();
      expect(await answeredBy(serving)).toBe("0");
    }
    await serving.scan();
    expect(await answeredBy(serving)).toBe("1");
    expect((await readJournal(folder)).map(({ event }) => event)).toEqual(["promoted", "promoted"]);
  });

  const BROKEN: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["cut off", makeModel().subarray(0, 150), /not an ONNX file|not an ONNX model|does not load/],
    ["of zeros", new Uint8Array(500), /not an ONNX/],
    ["empty", new Uint8Array(0), /not an ONNX/],
    ["of another input", makeModel({ features: 4 }), /its input "input" is FP32 of rows of \[4\]/],
    ["with fewer classes", makeModel({ classes: 2 }), /its output "logits" is FP32 of rows of \[2\]/],
    ["that answers NaN", makeModel({ shift: Number.NaN }), /answers NaN or infinity/],
  ];

  for (const [what, bytes, reason] of BROKEN) {
    test(`a file ${what} is refused with its reason, and the old version goes on`, async () => {
      const folder = await makeVersions({});
      await using serving = await start(folder);
      await writeFile(join(folder, "experience-001.onnx"), bytes);
      await scan(serving);
      expect(await answeredBy(serving)).toBe("0");
      const last = (await readJournal(folder)).at(-1);
      expect(last).toMatchObject({ event: "refused", version: "1", reason: expect.stringMatching(reason) });
      const { json: index } = await ask(`${serving.url}/v2/repository/index`, { method: "POST" });
      expect(index[1]).toMatchObject({ version: "1", state: "UNAVAILABLE", reason: expect.stringMatching(reason) });
      await writeVersion(folder, 1);
      await scan(serving);
      expect(await answeredBy(serving)).toBe("1");
    });
  }

  test("heads that grew give each version its own metadata", async () => {
    const folder = await makeVersions({ classes: 2, classNames: ["a", "b"] });
    await using serving = await start(folder);
    await writeVersion(folder, 1, { classes: 4, classNames: ["a", "b", "c", "d"] });
    await scan(serving);
    const describeVersion = async (version: number) =>
      (await ask(`${serving.url}/v2/models/made/versions/${version}`)).json;
    expect((await describeVersion(0)).outputs[0].shape).toEqual([-1, 2]);
    expect((await describeVersion(1)).outputs[0].shape).toEqual([-1, 4]);
    expect((await describeVersion(0)).class_names).toEqual(["a", "b"]);
    expect((await infer(serving)).json.outputs[0].shape).toEqual([1, 4]);
  });

  test("one file that is written again takes its own place; a broken one does not", async () => {
    const folder = await makeFolder({});
    const path = join(folder, "mine.onnx");
    await writeFile(path, makeModel({ shift: 1 }));
    await using serving = await start(path);
    const answer = async () => (await infer(serving)).json.outputs[0].data[0];
    expect(await answer()).toBe(3);
    await writeFile(path, makeModel({ shift: 5 }));
    await scan(serving);
    expect(await answer()).toBe(7);
    await truncate(path, 100);
    await scan(serving);
    expect(await answer()).toBe(7);
    expect((await ask(`${serving.url}/v2/models/made/ready`)).status).toBe(200);
  });
});

describe("versions by hand", () => {
  test("promote and rollback", async () => {
    await using serving = await start(await makeVersions({}, {}, {}));
    expect(await answeredBy(serving)).toBe("2");
    expect((await post(serving, "versions/0/promote")).json).toEqual({ model_name: "made", model_version: "0" });
    expect(await answeredBy(serving)).toBe("0");
    expect((await post(serving, "rollback")).json.model_version).toBe("2");
    expect((await post(serving, "rollback")).json.model_version).toBe("1");
    expect(await answeredBy(serving)).toBe("1");
    expect((await post(serving, "rollback")).json.error).toMatch(/no version answered before/);
    expect((await post(serving, "versions/9/promote")).status).toBe(404);
    expect((await post(serving, "versions/2/promote", { force: 3 })).status).toBe(400);
  });

  test("rollback loads a version that was released", async () => {
    await using serving = await start(await makeVersions({}, {}), { keep: 1 });
    expect((await ask(`${serving.url}/v2/models/made`)).json.versions).toEqual(["1"]);
    expect((await post(serving, "rollback")).json.model_version).toBe("0");
    expect(await answeredBy(serving)).toBe("0");
  });

  test("unload and load", async () => {
    await using serving = await start(await makeVersions({}, {}));
    const repository = (what: string) => ask(`${serving.url}/v2/repository/models/made/${what}`, { method: "POST" });
    expect((await repository("unload")).status).toBe(200);
    expect((await infer(serving)).status).toBe(503);
    expect((await repository("load")).status).toBe(200);
    expect(await answeredBy(serving)).toBe("1");
  });

  test("a restart goes on with what was decided", async () => {
    const folder = await makeVersions({}, {}, { always: 1 });
    const first = await start(folder, { gate: true });
    expect(await answeredBy(first)).toBe("1");
    await post(first, "rollback");
    await first.close();
    const second = await start(folder, { gate: true });
    expect(await answeredBy(second)).toBe("0");
    await second.close();
    await writeVersion(folder, 3);
    await using third = await start(folder, { gate: true });
    expect(await answeredBy(third)).toBe("3");
    const events = (await readJournal(folder)).map(({ event, version }) => `${event} ${version}`);
    expect(events).toEqual(["promoted 0", "promoted 1", "refused 2", "rolledBack 0", "promoted 3"]);
  });
});

describe("candidates", () => {
  test("a silent candidate is compared with what is answered", async () => {
    const folder = await makeVersions({});
    await using serving = await start(folder, { shadow: true });
    await writeVersion(folder, 1, { always: 0 });
    await scan(serving);
    for (const row of [
      [1, 0, 0],
      [0, 1, 0],
      [3, 1, 2],
      [0, 0, 1],
    ]) {
      const { json } = await ask(`${serving.url}/v2/models/made/infer`, { body: makeRequest([row]) });
      expect(json.model_version).toBe("0");
    }
    const { json } = await ask(`${serving.url}/v2/models/made/versions`);
    expect(json.candidate).toEqual({ version: "1", share: 0 });
    expect(json.versions[1].agreement).toEqual({ rows: 4, same_class: 2, share: 0.5 });
    await post(serving, "versions/1/promote");
    expect(await answeredBy(serving)).toBe("1");
  });

  test("a candidate answers its share, and the same keys always", async () => {
    const folder = await makeVersions({});
    await using serving = await start(folder, { canary: 0.25 });
    await writeVersion(folder, 1);
    await scan(serving);
    const answers: string[] = [];
    for (let i = 0; i < 40; i++) answers.push(await answeredBy(serving));
    expect(answers.filter((version) => version === "1")).toHaveLength(10);
    const byKey = new Map<string, Set<string>>();
    for (let i = 0; i < 80; i++) {
      const key = `user ${i % 20}`;
      const versions = byKey.get(key) ?? new Set();
      byKey.set(key, versions.add(await answeredBy(serving, { "firn-key": key })));
    }
    expect([...byKey.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set([...byKey.values()].flatMap((versions) => [...versions]))).toEqual(new Set(["0", "1"]));
  });
});
