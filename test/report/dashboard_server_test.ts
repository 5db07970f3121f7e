import { afterAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DashboardServer } from "../../src/report/dashboard_server.ts";
import { removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

const program = fileURLToPath(new URL("ask_dashboard.ts", import.meta.url));
const words = process.versions.deno ? ["run", "--allow-all", "--no-check", program] : [program];

/** The answers that `ask_dashboard.ts` got of a run of three experiences, the last one's model a link. */
async function askDashboard() {
  const run = await makeRun({ status: "running" });
  await rm(join(run, "onnx/experience-002.onnx"));
  const { stdout } = await promisify(execFile)(process.execPath, [...words, run], { maxBuffer: 2 ** 25 });
  return JSON.parse(stdout);
}

describe("DashboardServer", () => {
  test("serves the run's page and its models to this machine, and nothing else", async () => {
    const { early, page, main, progress, unchanged, head, headOfModel, model, ...rest } = await askDashboard();
    expect(early).toMatchObject({ status: 503 });
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    expect(page.body).toContain("made-run is not finished: 3 experiences are done so far");
    expect(page.body).toContain('fetch("main"');
    expect(main.status).toBe(200);
    expect(main.body.trim()).toMatch(/^<main>[\s\S]*<\/main>$/);
    expect(page.body).toContain('href="onnx/experience-001.onnx"');
    expect(progress.slice(0, 2)).toEqual([
      { status: 200, body: "" },
      { status: 200, body: "Training on experience 3" },
    ]);
    expect(progress[2].body).toContain(">Training on experience 3</p>");
    expect(unchanged).toMatchObject({ status: 304, body: "" });
    expect(head).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": String(page.body.length + extra(page.body)) },
    });
    expect(headOfModel).toMatchObject({ status: 200, body: "", headers: { "content-length": "1234" } });
    expect(model).toMatchObject({ status: 200, headers: { "content-type": "application/octet-stream" } });
    expect(model.body.length).toBe(1234);
    expect(rest.others.map(({ status }: { status: number }) => status)).toEqual([404, 404, 404, 404]);
    expect(rest.foreign).toMatchObject({ status: 403 });
    expect(rest.linked).toMatchObject({ status: 404 });
    expect(rest.taken).toMatch(/^the dashboard cannot listen on port \d+: /);
    expect(rest.closed).toBe(true);
    expect(rest.refused).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(rest.lines).toEqual({
      "GET //": "400",
      "GET http://[": "400",
      "GET http://evil.example/": "400",
      "POST /": "405",
      "DELETE /": "405",
      "TRACE /": "405",
      "PUT /main": "405",
      "NONSENSE /": "400",
    });
    expect(rest.largeHeader).toMatch(/^HTTP\/1\.1 400 /);
    expect(rest.pipelined).toBe(1);
    expect(rest.flood).toBeLessThanOrEqual(1);
    expect(rest.slow).toMatch(/^HTTP\/1\.1 400 /);
    expect(rest.afterUnread).toMatchObject({ status: 200 });
  }, 60_000);

  test("start() throws RangeError, when there is no such port", async () => {
    await expect(DashboardServer.start(70_000)).rejects.toThrow(
      "the dashboard's port must be a whole number from 0 to 65535, got 70000",
    );
  });
});

/** How many bytes more than characters a text has in UTF-8. */
function extra(text: string): number {
  return new TextEncoder().encode(text).length - text.length;
}
