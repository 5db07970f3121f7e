import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { prefersHtml } from "../../src/serving/page/page_route.ts";
import { type Serving, serve } from "../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { ask } from "./asking.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

/** What browsers send. */
const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

describe("the address /", () => {
  let [folder, serving]: [string, Serving | undefined] = ["", undefined];
  const url = () => `${serving?.url}/`;

  beforeAll(async () => {
    folder = await makeFolder({});
    await writeVersion(folder, 0);
    const models = [
      { path: folder, name: "one" },
      { path: folder, name: "two" },
    ];
    serving = await serve({ models });
  });

  afterAll(async () => {
    await serving?.close();
  });

  test("gives programs JSON: the names of the models, and where to go on", async () => {
    for (const headers of [{}, { accept: "*/*" }, { accept: "application/json" }]) {
      const { status, json, headers: got } = await ask(url(), { headers });
      expect(status).toBe(200);
      expect(json).toEqual({
        name: "firn",
        version: "0.1.0",
        models: ["one", "two"],
        protocol: "/v2",
        metrics: "/metrics",
      });
      expect(got.get("vary")).toBe("accept");
    }
  });

  test("gives browsers one page that loads nothing from elsewhere, and runs its own script alone", async () => {
    const { status, headers, json: text } = await ask(url(), { headers: BROWSER });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    for (const element of ["script", "style"]) {
      const [, contents = ""] = new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(text) ?? [];
      expect(contents.length).toBeGreaterThan(1000);
      const hash = createHash("sha256").update(contents).digest("base64");
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    }
    expect(text.match(/(?:src|href)="(?!metrics"|data:,")[^"]*"/g) ?? []).toEqual([]);
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  test("refuses what it does not answer as other addresses do", async () => {
    expect((await ask(url(), { method: "POST", body: "{}" })).status).toBe(405);
    expect((await ask(url(), { method: "HEAD", headers: BROWSER })).json).toBe("");
  });

  test("without the page gives browsers JSON, too", async () => {
    await using plain = await serve({ models: [{ path: folder, name: "one" }], page: false });
    const { json } = await ask(`${plain.url}/`, { headers: BROWSER });
    expect(json.models).toEqual(["one"]);
  });
});

describe("prefersHtml()", () => {
  test("wants HTML by name, and no less than JSON", () => {
    const html = ["text/html", BROWSER.accept, "TEXT/HTML;charset=utf-8", "application/json;q=0.5, text/html;q=0.5"];
    const json = ["", "*/*", "text/*", "application/json", "text/html;q=0", "text/html;q=0.4,application/json"];
    expect(html.filter((accept) => !prefersHtml(accept))).toEqual([]);
    expect(json.filter(prefersHtml)).toEqual([]);
    expect(prefersHtml(null)).toBe(false);
  });
});
