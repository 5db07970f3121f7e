import { afterAll, describe, expect, test } from "bun:test";
import { createPage } from "../../src/report/create_page.ts";
import { listFigures, measureForgetting } from "../../src/report/list_figures.ts";
import { readRun } from "../../src/report/read_run.ts";
import { removeFolders } from "../support/made_idx.ts";
import { type MadeRunOptions, makeRun } from "./made_run.ts";

afterAll(removeFolders);

async function read(...runs: readonly MadeRunOptions[]) {
  return Promise.all(runs.map(async (options) => readRun(await makeRun(options))));
}

/** The text of a page, without its figures. */
function readText(page: string): string {
  return page.replaceAll(/<svg.*?<\/svg>/gs, "").replaceAll(/<[^>]+>/g, "|");
}

describe("a report of runs that measure something else than accuracy", () => {
  test("calls it by its name, as a number, and has no classes", async () => {
    const runs = await read({ measure: "rmse", name: "houses" });
    const text = readText(await createPage(runs, { folder: "/" }));
    for (const words of ["stream RMSE", "average RMSE", "RMSE matrix", "RMSE on each experience over time"]) {
      expect(text).toContain(words);
    }
    expect(text).toContain("|0.9|");
    expect(text).not.toContain("ccuracy");
    expect(text).not.toContain("|classes|");
    const titles = listFigures(runs).flatMap(({ figures }) => figures.map(({ title }) => title));
    expect(titles).toContain("RMSE on the whole test stream");
  });

  test("takes growing errors for forgetting, and the smallest error for the best", async () => {
    const [error, share] = await read({ measure: "rmse", name: "a" }, { measure: "macro-f1", name: "b" });
    expect(error && measureForgetting(error)).toEqual(
      (share ? measureForgetting(share) : []).map((value) => 0 - value),
    );
    const runs = await read({ measure: "rmse", name: "a" }, { measure: "rmse", name: "b", trained: 1 });
    const page = await createPage(runs, { folder: "/" });
    expect(page).toContain('<td class="number best">0.3</td>');
    expect(page).toContain('<td class="number">0.9</td>');
  });

  test("has no best of different measures", async () => {
    const runs = await read({ measure: "r2", name: "a" }, { name: "b" });
    const page = await createPage(runs, { folder: "/" });
    expect(readText(page)).toContain("stream measure");
    expect([...page.matchAll(/number best/g)].length).toBe(2);
  });
});
