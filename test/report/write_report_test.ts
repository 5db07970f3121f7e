import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

describe("report", () => {
  test("writes report.html into the run's folder", async () => {
    const run = await makeRun();
    const { status, stdout, stderr } = await captureCli(["report", run]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `Wrote ${join(run, "report.html")}\n`,
      stderr: "",
    });
    expect(await readFile(join(run, "report.html"), "utf8")).toContain('href="onnx/experience-000.onnx"');
  });

  test("writes each figure as SVG and as PNG beside the page", async () => {
    const folder = await makeFolder({});
    const { stdout } = await captureCli(["report", await makeRun(), "--out", join(folder, "x.html"), "--svg", "--png"]);
    const names = await readdir(folder);
    expect(stdout.trim().split("\n").length).toBe(names.length);
    const svgs = names.filter((name) => name.endsWith(".svg"));
    expect(svgs.length).toBe(7);
    for (const name of svgs) {
      const svg = await readFile(join(folder, name), "utf8");
      expect(svg).toMatch(/^<svg[^>]*><rect width="100%"/);
      expect(svg).not.toContain("currentColor");
      const png = await readFile(join(folder, name.replace(".svg", ".png")));
      expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
      // Twice the SVG's size.
      const width = Number(/width="([\d.]+)"/.exec(svg)?.[1]);
      expect(Math.abs(png.readUInt32BE(16) - 2 * width)).toBeLessThanOrEqual(2);
    }
  });

  test("refuses a folder without a run, a page of another kind and no folder, with one line and status 2", async () => {
    const empty = await makeFolder({});
    for (const words of [[empty], [await makeRun(), "--out", join(empty, "x.pdf")], []]) {
      const { status, stderr, stdout } = await captureCli(["report", ...words]);
      expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({ status: 2, stdout: "", lines: 1 });
      expect(stderr).toMatch(
        / holds no run: config\.json is missing|must end in \.html, got "|missing required argument/,
      );
    }
    expect(await readdir(empty)).toEqual([]);
  });
});
