import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serve } from "../../../src/serving/serve.ts";
import { makeNpy } from "../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeGateSets } from "../made_gate.ts";
import { writeVersion } from "../made_models.ts";
import { answeredBy, infer, makeVersions, post, readJournal, scan, start } from "../served_versions.ts";

afterAll(removeFolders);

describe("the forgetting gate", () => {
  // Version 1 gives every sample the class of its own experience.
  const FORGETFUL = { always: 1 };

  test("refuses a version that forgets a past experience, saying which and how much", async () => {
    const folder = await makeVersions({}, FORGETFUL, {});
    await using serving = await start(folder, { gate: true });
    expect(await answeredBy(serving)).toBe("2");
    const refused = (await readJournal(folder)).filter(({ event }) => event === "refused");
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      version: "1",
      reason: "forgets experience 0: accuracy 0.0000 where 1.0000 was reached, and at most 0.2 may be lost",
      accuracies: [
        { experience: 0, accuracy: 0 },
        { experience: 1, accuracy: 1 },
      ],
    });
  });

  test("reads held samples from a folder", async () => {
    const samples = await makeFolder({});
    for (const { experience, rows, samples: x, targets } of makeGateSets()) {
      const own = join(samples, `experience-00${experience}`);
      await mkdir(own);
      await writeFile(join(own, "x.npy"), makeNpy(x, { shape: [rows, 3] }));
      await writeFile(join(own, "y.npy"), makeNpy(targets, { descr: "<i8" }));
    }
    const folder = await makeVersions({}, FORGETFUL, {});
    await using serving = await serve({ models: [{ path: folder, name: "made", gate: samples }] });
    expect(await answeredBy(serving)).toBe("2");
    expect((await readJournal(folder)).map(({ event }) => event)).toEqual(["promoted", "refused", "promoted"]);
    await writeFile(join(samples, "experience-002", "y.npy"), makeNpy([0, 1]));
    const models = [{ path: folder, name: "made", gate: samples }];
    await expect(serve({ models })).rejects.toThrow(/y.npy must have the shape \[10\], got \[2\]/);
    await expect(serve({ models: [{ path: folder, gate: folder }] })).rejects.toThrow(/holds no folder such as/);
  });

  test("lets through what the limits allow", async () => {
    await using loose = await start(await makeVersions({}, FORGETFUL), { gate: true, maxForgetting: 1 });
    expect(await answeredBy(loose)).toBe("1");
    await using strict = await start(await makeVersions(FORGETFUL), { gate: true, minAccuracy: 0.9 });
    expect((await infer(strict)).status).toBe(503);
  });

  test("is overruled by force alone", async () => {
    await using serving = await start(await makeVersions({}, FORGETFUL), { gate: true });
    const refused = await post(serving, "versions/1/promote");
    expect({ status: refused.status, error: refused.json.error }).toEqual({
      status: 409,
      error: expect.stringMatching(/was refused: forgets experience 0.*force/),
    });
    expect((await post(serving, "versions/1/promote", { force: true })).status).toBe(200);
    expect(await answeredBy(serving)).toBe("1");
  });

  test("refuses what is not measured where a limit was given, unless it is told otherwise", async () => {
    const reason = expect.stringMatching(/^no accuracy of it is known to compare with the limits/);
    const folder = await makeVersions({});
    const serving = await start(folder, { maxForgetting: 0.05 });
    expect((await infer(serving)).status).toBe(503);
    expect(await readJournal(folder)).toMatchObject([{ event: "refused", version: "0", reason, isUnmeasured: true }]);
    expect((await post(serving, "versions/0/promote")).status).toBe(409);
    expect((await post(serving, "versions/0/promote", { force: true })).status).toBe(200);
    await writeVersion(folder, 1);
    await scan(serving);
    expect(await answeredBy(serving)).toBe("0");
    await serving.close();
    // Now somebody measures it.
    await using measured = await start(folder, { maxForgetting: 0.05, gate: true });
    expect(await answeredBy(measured)).toBe("1");
    const path = join(await makeVersions({}), "experience-000.onnx");
    await expect(serve({ models: [{ path }], minAccuracy: 0.5 })).rejects.toThrow(/no accuracy of it is known/);
    for (const loose of [
      { maxForgetting: 1, minAccuracy: 0 },
      { maxForgetting: 0, allowUnmeasured: true },
    ]) {
      await using serving = await start(await makeVersions({}), loose);
      expect(await answeredBy(serving)).toBe("0");
    }
  });

  test("names what it cannot compare", async () => {
    const folder = await makeVersions({ features: 4 });
    await expect(start(folder, { gate: true })).rejects.toThrow(/input takes 4 values, got 3/);
    const empty = await makeVersions();
    await using serving = await start(empty, { gate: true });
    await writeVersion(empty, 0, { features: 4 });
    await scan(serving);
    expect((await readJournal(empty))[0]?.reason).toMatch(/input takes 4 values, got 3/);
    expect((await infer(serving)).status).toBe(503);
  });
});
