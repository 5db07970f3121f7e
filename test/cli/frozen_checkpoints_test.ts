import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { elementAt } from "../../src/core/element_at.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeRows, writeRowNetwork } from "../support/made_onnx.ts";

afterAll(removeFolders);

const HIDDEN = 2000;

/** Of the file's frozen weights alone. */
const FROZEN_BYTES = 4 * HIDDEN * (6 + 16);

/** The words of a run on rows of four classes, in two experiences, and its folder. */
async function makeRun(model: string) {
  const out = join(await makeFolder({}), "run");
  const words = ["--model", model, "--epochs", "2", "--batch-size", "8", "--checkpoint-every", "2", "--workers", "0"];
  return { out, words: ["train", "--benchmark", await makeRows(), ...words, "--no-onnx", "--out", out] };
}

/** Ends a run at its second experience. */
async function interrupt(words: readonly string[]): Promise<number> {
  const controller = new AbortController();
  return runCli(words, {
    stdout: {
      write: (text) => text.includes("Training on experience 1") && controller.abort(new StopRequest("SIGTERM")),
    },
    stderr: { write: () => undefined },
    signal: controller.signal,
  });
}

async function listSizes(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
}

describe("train on a network from a file", () => {
  test("goes on with small checkpoints, is refused where the file has changed, and gives its model on", async () => {
    const path = await writeRowNetwork({ hidden: HIDDEN });
    const model = `onnx:path=${path},trainable=none`;
    const whole = await makeRun(model);
    expect((await captureCli([...whole.words, "--quiet"])).stderr).toBe("");
    const { out, words } = await makeRun(model);
    expect(await interrupt(words)).toBe(143);
    const sizes = await listSizes(join(out, "checkpoints"));
    expect(Math.max(...sizes)).toBeLessThan(FROZEN_BYTES / 8);

    const bytes = await readFile(path);
    const at = bytes.length >> 1;
    await writeFile(
      path,
      Uint8Array.from(bytes, (value, i) => (i === at ? elementAt(bytes, at) ^ 1 : value)),
    );
    const before = await readEnding(out);
    const refused = await captureCli(["train", "--resume", out, "--quiet"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^checkpoint-.*: the weights that are not trained stand in .*rows\.onnx of SHA-256/);
    expect(await readEnding(out)).toEqual(before);
    const begun = await makeRun(`run:${out}`);
    expect((await captureCli(begun.words)).stderr).toContain("put back the file as it was\n");
    expect(existsSync(begun.out)).toBe(false);

    await writeFile(path, bytes);
    expect((await captureCli(["train", "--resume", out, "--workers", "1", "--quiet"])).stderr).toBe("");
    expect((await readEnding(out)).parametersHash).toBe((await readEnding(whole.out)).parametersHash);
    const next = await captureCli([...begun.words, "--quiet"]);
    expect({ status: next.status, stderr: next.stderr }).toEqual({ status: 0, stderr: "" });
    const own = await listSizes(join(begun.out, "checkpoints"));
    expect(Math.max(...own, (await stat(join(begun.out, "start_model.safetensors"))).size)).toBeLessThan(
      FROZEN_BYTES / 8,
    );
    const again = await captureCli(["train", "--resume", begun.out]);
    expect(again.status).toBe(0);
  }, 60_000);
});
