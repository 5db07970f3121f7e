import { afterAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DashboardServer } from "../../src/report/dashboard_server.ts";
import { removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

const program = fileURLToPath(new URL("ask_dashboard.ts", import.meta.url));
const words = process.versions.deno ? ["run", "--allow-all", "--no-check", program] : [program];

describe("DashboardServer", () => {
  test("serves the run's page and its models to this machine, and nothing else", async () => {
    const run = await makeRun({ status: "running", trained: 2 });
    const { stdout } = await promisify(execFile)(process.execPath, [...words, run], { maxBuffer: 2 ** 25 });
    const { early, page, main, unchanged, model, others, foreign, taken, closed } = JSON.parse(stdout);
    expect(early).toMatchObject({ status: 503 });
    expect(page).toMatchObject({ status: 200, type: "text/html; charset=utf-8" });
    expect(page.body).toContain("made-run is not finished: 2 experiences are done so far");
    expect(page.body).toContain('fetch("main"');
    expect(main.status).toBe(200);
    expect(main.body.trim()).toMatch(/^<main>[\s\S]*<\/main>$/);
    expect(page.body).toContain('href="onnx/experience-001.onnx"');
    expect(unchanged).toMatchObject({ status: 304, body: "" });
    expect(model).toMatchObject({ status: 200, type: "application/octet-stream" });
    expect(model.body.length).toBe(1234);
    expect(others.map(({ status }: { status: number }) => status)).toEqual([404, 404, 404, 404]);
    expect(foreign).toMatchObject({ status: 403 });
    expect(taken).toMatch(/^Cannot serve the dashboard: wanted a free port, got /);
    expect(closed).toBe(true);
  });

  test("start() throws RangeError, when there is no such port", async () => {
    await expect(DashboardServer.start(70_000)).rejects.toThrow("wanted the port to be a number from 0 to 65535");
  });
});
