import { afterAll, describe, expect, test } from "bun:test";
import { dirname } from "node:path";
import { createPage } from "../../src/report/create_page.ts";
import { listFigures, measureForgetting } from "../../src/report/list_figures.ts";
import { readRun, readRuns } from "../../src/report/read_run.ts";
import { removeFolders } from "../support/made_idx.ts";
import { type MadeRunOptions, makeRun } from "./made_run.ts";

afterAll(removeFolders);

async function createPageOf(...options: readonly MadeRunOptions[]): Promise<string> {
  const runs = await readRuns(await Promise.all(options.map(makeRun)));
  return createPage(runs, { folder: dirname(runs[0]?.folder ?? "") });
}

describe("createPage()", () => {
  test("shows a run: figures, experiences with links to their models, configuration", async () => {
    const page = await createPageOf({});
    const names = [...page.matchAll(/<figure class="card" id="([^"]+)"/g)].map(([, name]) => name);
    expect(names).toEqual([
      "accuracy-matrix-made-run",
      "experience-accuracy-made-run",
      "confusion-matrix-made-run",
      "stream-accuracy",
      "forgetting",
      "loss",
      "timing",
    ]);
    expect(page.match(/<svg/g)?.length).toBe(names.length);
    for (const index of [0, 1, 2]) expect(page).toContain(`href="made-run/onnx/experience-00${index}.onnx"`);
    expect(page).toContain("naive on split-mnist");
    expect(page).toContain("<code>benchmark.experiences</code><span>3</span>");
    expect(page).toContain("90.0 %");
    expect(page).not.toContain('class="notice');
  });

  test("needs nothing from outside but the models", async () => {
    const page = await createPageOf({}, { name: "b" });
    const withoutNames = page.replaceAll(/xmlns(:xlink)?="[^"]*"/g, "");
    expect(withoutNames.match(/.{0,40}(?:https?:|\bsrc=|@import|url\((?!#)).{0,20}/g) ?? []).toEqual([]);
    expect(page.includes("<script")).toBe(false);
    expect(page).toContain("color-scheme: light dark");
  });

  test("compares runs, the best in bold and settings that differ first", async () => {
    const page = await createPageOf({ name: "a" }, { name: "b", trained: 2, config: { epochs: 9 } });
    expect(page).toContain("2 runs compared");
    expect(page).toMatch(/<td class="number best">90\.0 %<\/td>/);
    const rows = [...page.matchAll(/<tr( class="different")?><th scope="row"><code>([^<]+)</g)];
    expect(rows.filter(([, mark]) => mark).map(([, , key]) => key)).toEqual(["epochs"]);
    expect(rows[0]?.[2]).toBe("epochs");
  });

  test("says of a run that is not whole what it is", async () => {
    expect(await createPageOf({ status: "running", trained: 1 })).toContain("is not finished: 1 experience is done");
    expect(await createPageOf({ status: "interrupted", trained: 2 })).toContain("was interrupted: 2 experiences are");
    const failed = await createPageOf({ status: "failed", error: "a <bad> thing", trained: 2 });
    expect(failed).toContain("failed after 2 experiences: <code>a &lt;bad&gt; thing</code>");
    const empty = await createPageOf({ hasSummary: false, trained: 0 });
    expect(empty).toContain("No experience is finished yet.");
    expect(empty).toContain('class="status running"');
  });

  test("shows what is known of training before the first experience is over, and no dashes", async () => {
    const tail = [
      { key: "Top1_Acc_Epoch/train_phase/train_stream/Task000", value: 0.25 },
      { key: "Loss_Epoch/train_phase/train_stream/Task000", value: 1.5 },
      { key: "Top1_Acc_Epoch/train_phase/train_stream/Task000", value: 0.875 },
      { key: "Loss_Epoch/train_phase/train_stream/Task000", value: 0.5 },
      { key: "Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp000", value: 0.1 },
    ];
    const lines = tail.map((line, step) => `${JSON.stringify({ ...line, step, experience: 0 })}\n`).join("");
    const readTiles = (page: string) =>
      [...page.matchAll(/<div class="card tile"><b>([^<]*)<\/b><span>([^<]*)<\/span>/g)].map(([, b, span]) => [
        span,
        b,
      ]);
    const young = readTiles(await createPageOf({ status: "running", trained: 0, tail: lines }));
    expect(young).toEqual([
      ["training accuracy", "87.5 %"],
      ["training loss", "0.5000"],
      ["experiences trained", "0"],
    ]);
    expect(readTiles(await createPageOf({ hasSummary: false, trained: 0 }))).toEqual([["experiences trained", "0"]]);
    expect(readTiles(await createPageOf({})).map(([name]) => name)).toEqual([
      "stream accuracy",
      "average accuracy",
      "average forgetting",
      "backward transfer",
      "experiences trained",
      "examples a second",
    ]);
  });

  test("escapes names that hold markup", async () => {
    const config = { note: "<img>", "<i>": "'\"<b>" };
    const error = "</code><script>c";
    const page = await createPageOf({ name: "a<script>b", config, status: "failed", error });
    for (const markup of ["<script", "<img>", "<i>", "<b>'", "</code><script"]) expect(page).not.toContain(markup);
    const compared = await createPageOf({ name: "a'\"]<script>b\\" }, { name: "b", config });
    for (const markup of ["<script", "<img>", "<i>"]) expect(compared).not.toContain(markup);
  });

  test("shows control characters of names as escapes, in HTML and in figures", async () => {
    const page = await createPageOf({ name: "a\u001bb", config: { "k\u009b": "\u202e" } }, { name: "b" });
    expect(page).toMatch(/^[\n\t\P{Cc}]*$/u);
    expect(page).not.toContain("\u202e");
    expect(page.match(/<svg[\s\S]*?a\\u001bb[\s\S]*?<\/svg>/)).not.toBe(null);
    expect(page).toContain("k\\u009b");
  });

  test("lets a browser run nothing but the page's own script, whatever a run's files hold", async () => {
    const still = await createPageOf({});
    expect(still).toContain("Content-Security-Policy");
    expect(still).not.toContain("script-src");
    const folder = await makeRun();
    const page = await createPage([await readRun(folder)], { folder, script: "let a = 1;" });
    expect(page).toContain("script-src &#39;sha256-");
    expect(page).toContain("<script>let a = 1;</script>");
  });
});

describe("listFigures()", () => {
  test("measures forgetting after each experience from what was measured", async () => {
    const run = await readRun(await makeRun());
    const [first = 1, second = 0, third = 0] = measureForgetting(run);
    expect(first).toBe(0);
    expect(second).toBeCloseTo(0.4, 12);
    expect(third).toBeCloseTo(0.4, 12);
  });

  test("leaves out what there is nothing to draw of", async () => {
    const run = await readRun(await makeRun({ trained: 1 }));
    const names = listFigures([run]).flatMap(({ figures }) => figures.map(({ name }) => name));
    expect(names).not.toContain("forgetting");
    const [shared] = listFigures([await readRun(await makeRun({ trained: 0 }))]);
    expect(shared?.figures).toEqual([]);
  });
});
