import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { encode } from "fast-png";
import { createRecordedGate } from "../../src/serving/gate/gate_source.ts";
import { type Serving, serve } from "../../src/serving/serve.ts";
import { BROWSER, BrowserPage } from "../support/browser.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { ask, makeRequest } from "./asking.ts";
import { computeSides, describeSideModel, SIDES, writeByteVersion } from "./made_image_models.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

interface Sides {
  readonly serving: Serving;
  readonly folder: string;
  /** What the gate is told of each version. */
  readonly accuracies: number[][];
}

/** Serves three versions: 1 takes left for right, but the gate lets it through, and refuses version 2. */
async function serveSides(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<Sides> {
  const folder = await makeFolder({});
  for (const version of [0, 1, 2]) {
    await writeVersion(folder, version, describeSideModel({ shift: 0, hasForgotten: version === 1 }));
  }
  const accuracies = [[0.9], [0.8, 0.95], [0.1, 0.2, 0.7]];
  const gate = createRecordedGate(async (version) =>
    accuracies[version]?.map((accuracy, experience) => ({ experience, accuracy })),
  );
  const serving = await serve({ models: [{ path: folder, name: "sides", gate }], pollMs: 1e9, ...options });
  return { serving, folder, accuracies };
}

/** What stands on the cards: the version and class, and the share of the best class in percent. */
const READ_CARDS = `[...document.querySelectorAll(".answers .card")].map((card) =>
  [card.dataset.version, card.querySelector("b").textContent, parseFloat(card.querySelector("li span:nth-child(2)")?.textContent)])`;
const CARDS_ARE = (...titles: string[]) => `${READ_CARDS}.map(([, title]) => title).join() === "${titles.join()}"`;
const PAD = `document.querySelector(".pad canvas")`;

/** Draws a line from top to bottom, at a share of the pad's width. */
async function drawLine(page: BrowserPage, x: number): Promise<void> {
  const [left, top, width] = await page.evaluate<[number, number, number]>(
    `(() => { ${PAD}.scrollIntoView(); const { left, top, width } = ${PAD}.getBoundingClientRect(); return [left, top, width]; })()`,
  );
  const points = Array.from({ length: 12 }, (_, i): [number, number] => [
    left + x * width,
    top + (0.1 + i * 0.07) * width,
  ]);
  await page.drag(points);
}

describe("the page of a server in a browser (needs chromium)", () => {
  test.if(BROWSER !== undefined)(
    "shows versions, the gate's words and accuracies, and what becomes of them without being loaded anew",
    async () => {
      const { serving, folder, accuracies } = await serveSides();
      await using _ = serving;
      await using page = await BrowserPage.open(`${serving.url}/`);
      await page.waitFor(`${PAD} && document.querySelector("table")`);
      const rows = await page.evaluate<string[][]>(
        `[...document.querySelectorAll("table")[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))`,
      );
      expect(rows[0]).toEqual(["version", "state", "exp. 0", "exp. 1", "exp. 2", "gate", ""]);
      expect(rows[1]).toEqual(["0", "loaded", "0.9000", "", "", "passed", "Promote"]);
      expect(rows[2]).toEqual(["1", "answers", "0.8000", "0.9500", "", "passed", ""]);
      expect(rows[3]?.slice(0, 2)).toEqual(["2", "refused"]);
      expect(rows[3]?.[5]).toContain("forgets experience 0: accuracy 0.1000 where 0.9000 was reached");
      const points = await page.evaluate<number[]>(
        `[...document.querySelectorAll(".chart polyline")].map((line) => line.points.numberOfItems)`,
      );
      expect(points).toEqual([3, 2, 1]);
      // A newer file of version 2 is let through: the page hears of it by itself.
      await writeVersion(folder, 2, { ...describeSideModel({ shift: 0 }), classNames: [...SIDES].reverse() });
      accuracies[2] = [0.85, 0.9, 0.8];
      await serving.scan();
      await serving.scan();
      await page.waitFor(`document.querySelector("[role=status]").textContent === "Version 2 answers."`);
      expect(page.problems).toEqual([]);
    },
    60_000,
  );

  test.if(BROWSER !== undefined)(
    "shows each version's answer to what is drawn, by pointer and by keys",
    async () => {
      const { serving } = await serveSides();
      await using _ = serving;
      await using page = await BrowserPage.open(`${serving.url}/`);
      await page.waitFor(CARDS_ARE("–", "–"));
      await page.evaluate(`document.querySelector("input[type=checkbox]").click()`);
      await drawLine(page, 0.12);
      await page.waitFor(CARDS_ARE("left", "right"));
      await page.evaluate(
        `[...document.querySelectorAll("button")].find((one) => one.textContent === "Clear").click()`,
      );
      await page.waitFor(CARDS_ARE("–", "–"));
      // The pen begins in the middle.
      await page.evaluate(`(${PAD}.focus(), document.querySelector("input[type=checkbox]").checked = false)`);
      await page.press("ArrowDown", { modifiers: 8 });
      await page.waitFor(CARDS_ARE("middle", "middle"));
      await page.press("Delete");
      for (let i = 0; i < 12; i++) await page.press("ArrowRight");
      for (let i = 0; i < 4; i++) await page.press("ArrowUp", { modifiers: 8 });
      await page.waitFor(CARDS_ARE("right", "left"));
      // Each answer was a request to that version.
      const { json } = await ask(`${serving.url}/v2/models/sides/stats`);
      for (const { inference_stats } of json.model_stats) expect(inference_stats.success.count).toBeGreaterThan(2);
      await page.waitFor(`document.querySelectorAll("table")[1]?.rows[1].cells[1].textContent > 2`);
      expect(page.problems).toEqual([]);
    },
    60_000,
  );

  test.if(BROWSER !== undefined)(
    "takes a file pixel by pixel where it has the model's size, and says where it is no image",
    async () => {
      const pixels = Uint8Array.from({ length: 784 }, (_, i) => (i * 37 + (i % 28) * 5) % 256);
      const files = await makeFolder({
        "sides.png": encode({ width: 28, height: 28, data: pixels, channels: 1 }),
        "no.png": "x",
      });
      const { serving } = await serveSides();
      await using _ = serving;
      await using page = await BrowserPage.open(`${serving.url}/`);
      await page.waitFor(CARDS_ARE("–", "–"));
      await page.chooseFile("input[type=file]", join(files, "sides.png"));
      const expected = [false, true].map((hasForgotten) => {
        const shares = computeSides(pixels, { hasForgotten });
        const best = shares.indexOf(Math.max(...shares));
        return { title: SIDES[best] ?? "", share: Number((100 * (shares[best] ?? 0)).toFixed(1)) };
      });
      await page.waitFor(CARDS_ARE(...expected.map(({ title }) => title)));
      const cards = await page.evaluate<[string, string, number][]>(READ_CARDS);
      expect(cards).toEqual(expected.map(({ title, share }, i) => [String(i), title, share]));
      await page.chooseFile("input[type=file]", join(files, "no.png"));
      await page.waitFor(`document.querySelector(".tools [role=alert]").textContent.startsWith("no.png is no image")`);
    },
    60_000,
  );

  test.if(BROWSER !== undefined)(
    "promotes after it has asked for the token, and says what the server refuses",
    async () => {
      const { serving } = await serveSides({ token: "secret" });
      await using _ = serving;
      await using page = await BrowserPage.open(`${serving.url}/`);
      const press = (key: string) => page.evaluate(`document.querySelector('[data-key="${key}"]').click()`);
      const answerDialog = (token: string) =>
        page.evaluate(
          `(document.querySelector("dialog input").value = "${token}", document.querySelector("dialog form").requestSubmit())`,
        );
      await page.waitFor(`document.querySelector('[data-key="promote 0"]')`);
      await press("promote 0");
      await page.waitFor(`document.querySelector("dialog")`);
      await answerDialog("wrong");
      await page.waitFor(`document.querySelector("dialog p")?.textContent.startsWith("That is not the token.")`);
      await answerDialog("secret");
      await page.waitFor(`document.querySelector("[role=status]").textContent === "Version 0 answers."`);
      // The token is known now; one that the gate refused asks whether it is meant.
      await press("promote 2");
      await page.waitFor(`document.querySelector("dialog p")?.textContent.includes("forgets experience 0")`);
      await page.evaluate(`document.querySelector("dialog form").requestSubmit()`);
      await page.waitFor(`document.querySelector("[role=status]").textContent === "Version 2 answers."`);
      await press("rollback");
      await page.waitFor(`document.querySelector("[role=status]").textContent === "Version 0 answers."`);
      const { json } = await ask(`${serving.url}/v2/models/sides/versions`);
      expect(json.current).toBe("0");
    },
    60_000,
  );

  test.if(BROWSER !== undefined)(
    "shows how a silent candidate agrees, in dark and light, by keys alone, and says when the server is gone",
    async () => {
      const { serving } = await serveSides({ shadow: true });
      await using page = await BrowserPage.open(`${serving.url}/`);
      const row = Array.from({ length: 784 }, (_, i) => (i % 28 < 9 ? 2 : 0));
      const middle = Array.from({ length: 784 }, (_, i) => (i % 28 > 11 && i % 28 < 17 ? 2 : 0));
      for (const one of [row, middle, middle]) {
        expect((await ask(`${serving.url}/v2/models/sides/infer`, { body: makeRequest([one]) })).status).toBe(200);
      }
      await page.waitFor(`document.querySelector("[role=status]")?.textContent.includes("Version 1 answers silently")`);
      await page.waitFor(`document.querySelector("[role=status]").textContent.includes("2 of 3 rows (66.7 %)")`);
      const grounds = [];
      for (const value of ["light", "dark"]) {
        await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
        grounds.push(await page.evaluate(`getComputedStyle(document.body).backgroundColor`));
      }
      expect(grounds).toEqual(["rgb(246, 247, 249)", "rgb(20, 23, 28)"]);
      expect(await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth")).toBe(false);
      const reached: string[] = [];
      for (let i = 0; i < 12; i++) {
        await page.press("Tab");
        reached.push(
          await page.evaluate(
            `document.activeElement.textContent || document.activeElement.localName + (document.activeElement.type ?? "")`,
          ),
        );
      }
      expect(reached).toEqual(
        expect.arrayContaining([
          "metrics",
          "Promote",
          "Roll back",
          "canvas",
          "Clear",
          "Invert",
          "inputcheckbox",
          "inputfile",
        ]),
      );
      expect(page.problems).toEqual([]);
      await serving.close();
      await page.waitFor(`document.getElementById("notice").textContent.startsWith("The server does not answer")`);
    },
    60_000,
  );

  test.if(BROWSER !== undefined)(
    "shows several models, each with its pad, and none where samples are no images",
    async () => {
      const [bytes, table] = [await makeFolder({}), await makeFolder({})];
      await writeByteVersion(bytes, 0);
      await writeVersion(table, 0);
      const pixels = Uint8Array.from({ length: 784 }, (_, i) => (i * 53 + (i % 28) * 3) % 256);
      const files = await makeFolder({ "sides.png": encode({ width: 28, height: 28, data: pixels, channels: 1 }) });
      const models = [
        { path: table, name: "table" },
        { path: bytes, name: "bytes" },
      ];
      await using serving = await serve({ models });
      await using page = await BrowserPage.open(`${serving.url}/`);
      await page.waitFor(`document.querySelector("[data-model=bytes] .card")`);
      const read = (what: string) =>
        page.evaluate<string[]>(`[...document.querySelectorAll("${what}")].map((one) => one.textContent)`);
      expect(await read("h2")).toEqual(["table", "bytes"]);
      expect(await read("[data-model=table] h3")).toEqual(["Traffic"]);
      await page.chooseFile("[data-model=bytes] input[type=file]", join(files, "sides.png"));
      await page.waitFor(`document.querySelector("[data-model=bytes] .answers li")`);
      const shares = computeSides(pixels);
      const best = Math.max(...shares);
      expect(await read(".answers b")).toEqual([SIDES[shares.indexOf(best)] ?? ""]);
      expect((await read(".answers li:first-child span:nth-child(2)"))[0]).toBe(`${(100 * best).toFixed(1)} %`);
      expect(page.problems).toEqual([]);
    },
    60_000,
  );
});
