import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { encode } from "fast-png";
import { type BrowserRuntime, openVersion } from "../../../src/cli/exporting/web/browser/version_sessions.ts";
import { findWebRuntime } from "../../../src/cli/exporting/web/find_runtime.ts";
import { writeWebFolder } from "../../../src/cli/exporting/web/write_web_folder.ts";
import { readAnswer } from "../../../src/web/browser/answers.ts";
import { readImageForm } from "../../../src/web/browser/image_form.ts";
import { toModelInput } from "../../../src/web/browser/pixels.ts";
import { computeSides, describeSideModel, SIDES, writeByteVersion } from "../../serving/made_image_models.ts";
import { writeVersion } from "../../serving/made_models.ts";
import { BROWSER, BrowserPage } from "../../support/browser.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const isInstalled = await findWebRuntime().then(
  () => true,
  () => false,
);
const remark = isInstalled ? "" : " (skipped: onnxruntime-web is not installed; npm install onnxruntime-web)";
const PIXELS = Uint8Array.from({ length: 784 }, (_, i) => (i * 37 + (i % 28) * 5) % 256);
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  json: "application/json",
};

/** Three versions: the second takes left for right, the third takes bytes. */
async function makeVersions(): Promise<string> {
  const folder = await makeFolder({});
  for (const version of [0, 1]) {
    await writeVersion(folder, version, describeSideModel({ shift: 0, hasForgotten: version === 1 }));
  }
  await writeByteVersion(folder, 2);
  return folder;
}

/** Answers with the files of a folder, as any web server does. */
async function serveFiles(folder: string): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = basename(request.url === "/" ? "index.html" : (request.url ?? ""));
    asked.push(name);
    readFile(join(folder, name)).then(
      (bytes) => response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1) ?? ""] ?? "" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  return { server, url: `http://127.0.0.1:${address.port}/`, asked };
}

/** What each version says of PIXELS: class and percent. */
const EXPECTED = [false, true, false].map((hasForgotten) => {
  const shares = computeSides(PIXELS, { hasForgotten });
  const best = shares.indexOf(Math.max(...shares));
  return { title: SIDES[best] ?? "", share: Number((100 * (shares[best] ?? 0)).toFixed(1)) };
});

describe("export --web", () => {
  let [versions, out] = ["", ""];

  beforeAll(async () => {
    versions = await makeVersions();
    out = join(await makeFolder({}), "site");
  });

  const type = (...words: string[]) => captureCli(["export", ...words]);

  test.if(isInstalled)(`writes a folder that has all it needs, and replaces it as a whole${remark}`, async () => {
    const { status, stderr, stdout } = await type(versions, "--web", out, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { files, bytes, versions: names } = JSON.parse(stdout);
    expect(names).toEqual(["0", "1", "2"]);
    expect((await readdir(out)).sort()).toEqual([...files].sort());
    expect((await readdir(out)).sort()).toEqual([
      "LICENCE-onnxruntime.txt",
      "index.html",
      "ort-wasm-simd-threaded.mjs",
      "ort-wasm-simd-threaded.wasm",
      "ort.wasm.min.js",
      "version-0.onnx",
      "version-1.onnx",
      "version-2.onnx",
      "versions.json",
    ]);
    const sizes = await Promise.all((await readdir(out)).map(async (name) => (await readFile(join(out, name))).length));
    expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
    const page = await readFile(join(out, "index.html"), "utf8");
    expect(page.includes("&#39;self&#39; &#39;wasm-unsafe-eval&#39;;")).toBe(true);
    expect(page.includes("connect-src &#39;self&#39;;")).toBe(true);
    expect(page.match(/(?<!wasm-)unsafe-/g) ?? []).toEqual([]);
    await writeFile(join(out, "left-over.txt"), "x");
    expect((await type(versions, "--web", out)).status).toBe(0);
    expect(await readdir(out)).not.toContain("left-over.txt");
    expect(await readdir(join(out, ".."))).toEqual(["site"]);
  });

  test.if(isInstalled)(
    `holds models that onnxruntime-web runs: the answers are those of plain loops${remark}`,
    async () => {
      await type(versions, "--web", out);
      const runtime: BrowserRuntime = await import("onnxruntime-web/wasm").then((module) => Object(module));
      const wasm = await readFile(join(out, "ort-wasm-simd-threaded.wasm"));
      Object.assign(runtime.env.wasm, { numThreads: 1, wasmBinary: wasm });
      const listed = JSON.parse(await readFile(join(out, "versions.json"), "utf8"));
      const answers = [];
      for (const { file, description } of listed.versions) {
        const answer = await openVersion(runtime, new Uint8Array(await readFile(join(out, file))));
        const form = readImageForm(description);
        if (!form) throw new Error("no images");
        const row = { values: toModelInput(Float32Array.from(PIXELS), form), form, task: 0 };
        const both = await Promise.all([answer(row), answer(row)]);
        expect(both[0]).toEqual(both[1] ?? []);
        const { title, lines } = readAnswer(both[0] ?? [], description);
        answers.push({ title, share: Number((100 * (lines[0]?.share ?? 0)).toFixed(1)) });
      }
      expect(answers).toEqual(EXPECTED);
    },
  );

  test.if(isInstalled && BROWSER !== undefined)(
    `answers in a browser what is drawn and dropped, and asks nobody but its folder (needs chromium)${remark}`,
    async () => {
      await type(versions, "--web", out);
      const files = await makeFolder({ "sides.png": encode({ width: 28, height: 28, data: PIXELS, channels: 1 }) });
      const { server, url, asked } = await serveFiles(out);
      try {
        await using page = await BrowserPage.open(url);
        const cards = `[...document.querySelectorAll(".answers .card")].map((card) => card.querySelector("b").textContent).join()`;
        await page.waitFor(`document.getElementById("notice").hidden && ${cards} === "–,–,–"`);
        expect(await page.evaluate<boolean>("crossOriginIsolated")).toBe(false);
        await page.chooseFile("input[type=file]", join(files, "sides.png"));
        await page.waitFor(`${cards} === "${EXPECTED.map(({ title }) => title).join()}"`);
        const shares = await page.evaluate<number[]>(
          `[...document.querySelectorAll(".answers li:first-child span:nth-child(2)")].map((one) => parseFloat(one.textContent))`,
        );
        expect(shares).toEqual(EXPECTED.map(({ share }) => share));
        await page.evaluate(`document.querySelector(".tools button").click()`);
        await page.waitFor(`${cards} === "–,–,–"`);
        await page.evaluate(
          `(document.querySelector(".pad canvas").focus(), document.querySelector("input[type=checkbox]").checked = false)`,
        );
        for (let i = 0; i < 12; i++) await page.press("ArrowLeft");
        for (let i = 0; i < 4; i++) await page.press("ArrowDown", { modifiers: 8 });
        await page.waitFor(`${cards} === "left,right,left"`);
        expect(page.problems).toEqual([]);
        const own = await readdir(out);
        expect(asked.filter((name) => !own.includes(name))).toEqual([]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
    60_000,
  );

  test.if(BROWSER !== undefined && isInstalled)(
    `says in a browser why nothing is loaded: a page opened as a file, and a file that is missing (needs chromium)${remark}`,
    async () => {
      await type(versions, "--web", out);
      await using page = await BrowserPage.open(`file://${join(out, "index.html")}`);
      await page.waitFor(`document.getElementById("notice").textContent.includes("Serve this folder")`);
      const broken = await makeFolder({});
      for (const name of ["index.html", "ort.wasm.min.js"])
        await writeFile(join(broken, name), await readFile(join(out, name)));
      const { server, url } = await serveFiles(broken);
      try {
        await page.send("Page.navigate", { url });
        await page.waitFor(`document.getElementById("notice")?.textContent.includes("versions.json: 404")`);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
    60_000,
  );

  test("refuses what cannot be, and writes nothing then", async () => {
    const tables = await makeFolder({});
    await writeVersion(tables, 0, {
      features: 4,
      metadata: { "firn.normalization": '{"scale":1,"mean":[],"std":[]}' },
    });
    const broken = await makeFolder({ "experience-000.onnx": "no model" });
    const home = await makeFolder({ "site/mine.txt": "x", "file.txt": "x", "json/versions.json": "null" });
    const free = join(home, "free");
    const refusals = [
      [[versions], "give the file to be written with --out, or a folder with --web"],
      [[versions, "--web", free, "--out", "x.onnx"], "or a folder with --web, not both"],
      [[versions, "--web", free, "--precision", "float16"], "--precision is for --out"],
      [[versions, "--web", join(home, "site")], "exists, and is no folder that export --web wrote: give another"],
      [[versions, "--web", join(home, "file.txt")], "exists, and is no folder that export --web wrote"],
      [[versions, "--web", join(home, "json")], "exists, and is no folder that export --web wrote"],
      [[versions, "--web", join(home, "no", "site")], `there is no folder ${join(home, "no")}`],
      ...(isInstalled
        ? ([
            [[tables, "--web", free], 'takes "input" [4]: a page to draw on needs images'],
            [[broken, "--web", free], "not an ONNX file, or not the whole of one"],
            [[home, "--web", free], `${home} holds no model to serve`],
            [[join(home, "nowhere"), "--web", free], join(home, "nowhere")],
          ] as const)
        : []),
    ] as const;
    for (const [words, message] of refusals) {
      const { status, stdout, stderr } = await type(...words);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: "" });
      expect(stderr).toContain(message);
    }
    expect((await readdir(home)).sort()).toEqual(["file.txt", "json", "site"]);
  });
});

describe("findWebRuntime()", () => {
  const node = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");

  test("names the line that installs it where it is missing, or is of another family", async () => {
    const { version } = JSON.parse(await readFile(node, "utf8"));
    const install = `install it with: npm install onnxruntime-web@${version}`;
    const nowhere = (name: string) => {
      if (name === "onnxruntime-node/package.json") return node;
      throw new Error(`Cannot find module "${name}"`);
    };
    await expect(findWebRuntime(nowhere)).rejects.toThrow(install);
    const other = await makeFolder({ "package.json": '{"version":"1.2.3"}', "dist/ort.wasm": "" });
    const old = (name: string) => (name === "onnxruntime-node/package.json" ? node : join(other, "dist", "ort.wasm"));
    await expect(findWebRuntime(old)).rejects.toThrow(`got 1.2.3; ${install}`);
  });
});

describe("writeWebFolder()", () => {
  test("leaves the earlier folder as it was where the new one cannot be written", async () => {
    const home = await makeFolder({ "site/versions.json": '{"kind":"firn-web"}' });
    const contents = new Map([["no/such/folder.txt", Uint8Array.of(1)]]);
    await expect(writeWebFolder(join(home, "site"), contents)).rejects.toThrow();
    expect(await readdir(home)).toEqual(["site"]);
    expect(await readdir(join(home, "site"))).toEqual(["versions.json"]);
  });
});
