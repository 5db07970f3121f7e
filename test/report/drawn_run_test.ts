import { afterAll, describe, expect, test } from "bun:test";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DrawnRun } from "../../src/report/drawn_run.ts";
import { removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

describe("DrawnRun", () => {
  test("read() draws once for all who ask, and again when a file of the run has changed", async () => {
    const folder = await makeRun({ trained: 1 });
    const drawn = new DrawnRun(folder, "");
    const [first, second] = await Promise.all([drawn.read(), drawn.read()]);
    expect(second).toBe(first);
    expect(await drawn.read()).toBe(first);
    await appendFile(
      join(folder, "metrics.jsonl"),
      '{"key":"Loss_Epoch/train_phase/x","value":1,"step":1,"experience":0}\n',
    );
    const third = await drawn.read();
    expect(third.version).not.toBe(first.version);
    expect([...third.models]).toEqual(["onnx/experience-000.onnx"]);
    const { page, tag } = third.complete("Training on <b>");
    const text = new TextDecoder().decode(page);
    expect(text).toContain(new TextDecoder().decode(third.main));
    expect(text).toContain('<p id="progress" role="status">Training on &lt;b&gt;</p>');
    expect(third.complete("Training on <b>").page).toBe(page);
    expect(third.complete("Evaluating").tag).not.toBe(tag);
  });

  test("read() says each time what is wrong with the run, and draws it once that is mended", async () => {
    const folder = await makeRun();
    const path = join(folder, "summary.json");
    const whole = await readFile(path);
    await writeFile(path, "{");
    const drawn = new DrawnRun(folder, "");
    for (let i = 0; i < 2; i++) await expect(drawn.read()).rejects.toThrow("summary.json");
    await writeFile(path, whole);
    expect((await drawn.read()).main.length).toBeGreaterThan(0);
  });
});
