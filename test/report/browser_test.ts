import { afterAll, describe, expect, test } from "bun:test";
import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeReport } from "../../src/report/write_report.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

const browser = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

/** Opens a page without a window; `words` say what to do with it. */
async function open(page: string, words: readonly string[]): Promise<string> {
  const profile = await makeFolder({});
  const always = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  const all = [...always, `--user-data-dir=${profile}`, "--window-size=1240,1800", ...words, `file://${page}`];
  return (await promisify(execFile)(browser ?? "", all, { maxBuffer: 2 ** 25 })).stdout;
}

describe("report in a browser", () => {
  test.if(browser !== undefined)(
    "draws every figure within the page's width, on light and on dark ground (needs chromium)",
    async () => {
      const folder = await makeFolder({});
      const page = join(folder, "page.html");
      await writeReport([await makeRun(), await makeRun({ name: "other", status: "failed", error: "x" })], {
        out: page,
      });
      // The page measures itself, and the browser prints what it has become.
      const probe = `<script>addEventListener("load", () => {
        const boxes = [...document.querySelectorAll("figure svg")].map((svg) => svg.getBoundingClientRect());
        const wide = document.documentElement.scrollWidth > innerWidth;
        const drawn = boxes.filter(({ width, height }) => width > 60 && height > 40).length;
        const dark = getComputedStyle(document.body).backgroundColor;
        document.body.innerHTML = JSON.stringify({ figures: boxes.length, drawn, wide, dark });
      });</script>`;
      const probed = join(folder, "probed.html");
      const text = (await readFile(page, "utf8")).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");
      await writeFile(probed, text.replace("</body>", `${probe}</body>`));
      const grounds = [];
      for (const scheme of [1, 0]) {
        const dom = await open(probed, ["--dump-dom", `--blink-settings=preferredColorScheme=${scheme}`]);
        const { dark, ...measured } = JSON.parse(/\{.*\}(?=<\/body>)/.exec(dom)?.[0] ?? "null");
        expect(measured).toEqual({ figures: 10, drawn: 10, wide: false });
        grounds.push(dark);
      }
      expect(grounds).toEqual(["rgb(246, 247, 249)", "rgb(20, 23, 28)"]);
      await open(page, [`--screenshot=${join(folder, "page.png")}`]);
      expect((await readFile(join(folder, "page.png"))).length).toBeGreaterThan(20_000);
    },
    60_000,
  );
});
