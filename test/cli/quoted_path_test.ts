import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { formatNamed } from "../../src/cli/options/parse_named.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** The name of a folder that holds all that the command line gives a meaning to. */
const NAME = `my,data|x=1 "it's"`;
const WORDS = ["--model", "mlp:hiddenSize=4,hiddenLayers=1", "--batch-size", "4", "--workers", "0"];

async function makeRows(): Promise<string> {
  const rows = `a,label\n${"1,0\n2,1\n".repeat(8)}`;
  const parts = ["train", "test"].map((part) => [`${NAME}/${part}/1/d.csv`, rows]);
  return join(await makeFolder(Object.fromEntries(parts)), NAME);
}

describe("a folder whose name holds a comma, a bar and quotes", () => {
  test("is trained on, resumed, and evaluated by what the exported file says", async () => {
    const [path, out] = [await makeRows(), join(await makeFolder({}), "run")];
    const benchmark = formatNamed({ name: "directory", options: { path, testSize: undefined, balanced: false } });
    const interruption = new AbortController();
    const stop = () => interruption.abort(new StopRequest("SIGINT"));
    const words = ["--benchmark", benchmark, ...WORDS, "--epochs", "3"];
    const around = { signal: interruption.signal, listen: stop };
    expect((await captureCli(["train", ...words, "--out", out, "--json"], around)).status).toBe(130);
    const { benchmark: kept } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    expect(kept.options).toMatchObject({ path, balanced: false });

    const resumed = await captureCli(["train", "--resume", out, ...words, "--quiet"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    const { final } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    const typed = [`--benchmark`, benchmark];
    const evaluated = await captureCli(["evaluate", "--model", join(out, "onnx", "latest.onnx"), ...typed]);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ benchmark, streamAccuracy: final.streamAccuracy });
  });

  test("is refused without quotes in a line that says how to quote", async () => {
    for (const [benchmark, message] of [
      ["directory:path=my,data", 'directory:path=my,data: expected key=value, got "data"'],
      ["directory:path=my|data", 'directory: path must be a text, got "my|data"'],
    ] as const) {
      const { status, stderr } = await captureCli(["train", "--benchmark", benchmark, ...WORDS]);
      const hint = 'quote a value that holds "," or "|": key="a,b"';
      expect({ status, stderr }).toEqual({ status: 2, stderr: `${message}; ${hint}\n` });
    }
  });
});
