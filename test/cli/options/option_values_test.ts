import { afterAll, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseFeatureCache } from "../../../src/cli/options/option_values.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

describe("parseFeatureCache()", () => {
  test("takes sizes with a unit, 0 and folders, and refuses numbers without a unit", () => {
    expect(["0", "2GiB", "./-1", "features", "my/1"].map(parseFeatureCache)).toEqual([
      0,
      2 ** 31,
      "./-1",
      "features",
      "my/1",
    ]);
    for (const text of ["-1", "+5", ".5", "1e9", "-2GiB", "2048", "2 GiB"]) {
      expect(() => parseFeatureCache(text)).toThrow("--feature-cache must be an amount of memory such as 512MiB");
    }
  });
});

describe("options that are paths", () => {
  test("refuse what begins with a dash in one sentence, before anything is written", async () => {
    const folder = await makeFolder({});
    const there = join(folder, "there");
    for (const words of [
      ["train", "--out", "--quiet"],
      ["train", "--feature-cache", "--quiet"],
      ["train", "--data", "-1"],
      ["sweep", "--out", "-1"],
      ["learn", there, "--out", "--port"],
      ["learn", there, "--gate", "--port"],
      ["serve", there, "--feedback", "--port"],
      ["serve", there, "--journal", "-1"],
      ["export", there, "--out", "--json"],
      ["export", there, "--web", "--json"],
      ["evaluate", "--model", "--data", "x"],
      ["report", there, "--out", "--png"],
    ]) {
      const option = words.findLast((word, i) => word.startsWith("--") && words[i + 1]?.startsWith("-")) ?? "";
      const value = words[words.indexOf(option) + 1] ?? "";
      const told = `${option} must be a path, got "${value}" (a name that begins so is ./${value})\n`;
      expect({ words, ...(await captureCli(words)) }).toEqual({ words, status: 2, stdout: "", stderr: told });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test("refuse a second name of the data's folder", async () => {
    const { status, stderr } = await captureCli(["train", "--benchmark", "directory:path=mine", "--data", "other"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "directory: its folder must be named once, got path=mine and --data other\n",
    });
  });
});
