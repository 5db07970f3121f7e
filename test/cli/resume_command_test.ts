import { afterAll, describe, expect, test } from "bun:test";
import { cp, readdir, readFile, rename, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const SMALL = ["--model", "mlp:hiddenSize=16,hiddenLayers=1", "--batch-size", "32", "--epochs", "2"];

/** Options of a run of two experiences with 5 iterations each, and where it goes. */
async function makeRun(name = "split-mnist:experiences=2") {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 15, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const benchmark = ["--benchmark", name, "--data", data, "--strategy", "replay:memSize=10"];
  const shards = ["--workers", "0", "--logical-shards", "2", "--checkpoint-every", "2"];
  return { out, words: ["train", "--out", out, ...benchmark, ...SMALL, ...shards] };
}

/** Trains until the second experience begins, and is then told to stop. */
async function interrupt(words: readonly string[], request: StopRequest) {
  const controller = new AbortController();
  let stderr = "";
  const status = await runCli(words, {
    stdout: { write: (text: string) => text.includes("Training on experience 1") && controller.abort(request) },
    stderr: { write: (text: string) => (stderr += text) },
    signal: controller.signal,
  });
  return { status, stderr };
}

describe("train --resume", () => {
  test("goes on to the end of an undisturbed run, on another number of workers", async () => {
    const whole = await makeRun();
    await captureCli([...whole.words, "--quiet"]);
    const { out, words } = await makeRun();
    const { status, stderr } = await interrupt(words, new StopRequest("SIGTERM"));
    expect(status).toBe(143);
    expect(stderr).toMatch(/^Interrupted; go on with: (npx )?(bun run|deno task) train --resume \S+run\n$/);
    expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8")).status).toBe("interrupted");
    const resumed = await captureCli(["train", "--resume", out, "--workers", "2", "--quiet"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readEnding(out)).toEqual(await readEnding(whole.out));
  });

  test("goes on without last, smaller minibatches, and refuses to bring them back", async () => {
    const dropLast = ["--batch-size", "20", "--drop-last"];
    const whole = await makeRun();
    await captureCli([...whole.words, ...dropLast, "--quiet"]);
    const { out, words } = await makeRun();
    expect(await interrupt([...words, ...dropLast], new StopRequest("SIGTERM"))).toMatchObject({ status: 143 });
    const resumed = await captureCli(["train", "--resume", out, "--quiet"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readEnding(out)).toEqual(await readEnding(whole.out));
    const plain = await makeRun();
    await captureCli([...plain.words, "--batch-size", "20", "--quiet"]);
    expect((await readEnding(plain.out)).parametersHash).not.toBe((await readEnding(out)).parametersHash);
    const refused = await captureCli(["train", "--resume", plain.out, "--drop-last"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("the run has --drop-last false, got true");
  });

  test("goes on inside a stream of mixtures, with images augmented as before", async () => {
    const name = "split-mnist:experiences=2,onlineExperienceSize=20,decayBeta=3,augment=crop|flip";
    const whole = await makeRun(name);
    await captureCli([...whole.words, "--quiet"]);
    const { out, words } = await makeRun(name);
    const controller = new AbortController();
    let events = 0;
    const write = () => ++events === 14 && controller.abort(new StopRequest("SIGINT"));
    const outcome = await captureCli([...words, "--json"], { signal: controller.signal, listen: write });
    expect(outcome.status).toBe(130);
    const resumed = await captureCli(["train", "--resume", out, "--workers", "2", "--quiet"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readEnding(out)).toEqual(await readEnding(whole.out));
  });

  test("exits with 130 after Ctrl-C", async () => {
    const { words } = await makeRun();
    expect((await interrupt(words, new StopRequest("SIGINT"))).status).toBe(130);
  });

  test("says that a finished run is finished, and its result", async () => {
    const { out, words } = await makeRun();
    await captureCli([...words, "--quiet"]);
    const { status, stdout } = await captureCli(["train", "--resume", out]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Nothing is left to do: the run in .* is finished\n\nAccuracy on each experience/);
    const { stdout: line } = await captureCli(["train", "--resume", out, "--json"]);
    expect(JSON.parse(line)).toMatchObject({ kind: "run-end", directory: out, summary: { status: "finished" } });
  });

  test("refuses other options than the run's, key by key, and takes those that say the same", async () => {
    const { out, words } = await makeRun();
    await interrupt(words, new StopRequest("SIGINT"));
    const other = ["--epochs", "3", "--strategy", "naive", "--plugin", "replay:memSize=5", "--no-onnx", "--out", "x"];
    const { status, stderr } = await captureCli(["train", "--resume", out, ...other]);
    expect(status).toBe(2);
    expect(stderr.split("\n").length).toBe(2);
    for (const part of ["the run has --epochs 2, got 3", "has --strategy replay:", "has --plugin none, got replay:"]) {
      expect(stderr).toContain(part);
    }
    expect(stderr).toContain("--out cannot be used with --resume");
    const same = ["--epochs", "2", "--benchmark", "split-mnist:experiences=2", "--checkpoint-every", "2", "--quiet"];
    expect(await captureCli(["train", "--resume", out, ...same])).toMatchObject({ status: 0, stderr: "" });
  });

  test("runs the module that config.json names once it is typed again, or with --trust", async () => {
    const program = fileURLToPath(new URL("../../examples/my_model.ts", import.meta.url));
    const { out, words } = await makeRun();
    const { stderr } = await interrupt([...words, "--model", `path=${program}`], new StopRequest("SIGINT"));
    expect(stderr).toContain(` --resume ${out} --model path:path=${program}\n`);
    const refused = await captureCli(["train", "--resume", out]);
    expect(refused).toEqual({
      status: 2,
      stdout: "",
      stderr: `${out}/config.json names a program, "${program}": give --model path:path=${program} or --trust to run it\n`,
    });
    const other = await captureCli(["train", "--resume", out, "--model", "path=other.ts"]);
    expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining("other.ts") });
    const copy = join(await makeFolder({}), "copy");
    await cp(out, copy, { recursive: true });
    expect(await captureCli(["train", "--resume", out, "--trust", "--quiet"])).toMatchObject({ status: 0, stderr: "" });
    const typed = ["train", "--resume", copy, "--model", `path=${program}`, "--quiet"];
    expect(await captureCli(typed)).toMatchObject({ status: 0, stderr: "" });
    expect(await readEnding(copy)).toEqual(await readEnding(out));
    // Nothing is left to do, so nothing is run.
    expect((await captureCli(["train", "--resume", out])).status).toBe(0);
  });

  test("loads nothing of a copied folder, however its config.json names the module", async () => {
    const { out, words } = await makeRun();
    await interrupt(words, new StopRequest("SIGINT"));
    const config = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    await writeFile(join(out, "model.mjs"), "globalThis.hasRun = true; export const createModel = 1;");
    for (const path of [join(out, "model.mjs"), "./model.mjs", "data:text/javascript,globalThis.hasRun=true"]) {
      await writeFile(
        join(out, "config.json"),
        JSON.stringify({ ...config, model: { name: "path", options: { path } } }),
      );
      const { status, stderr } = await captureCli(["train", "--resume", out]);
      expect({ status, lines: stderr.split("\n").length }).toEqual({ status: 2, lines: 2 });
      expect(stderr).toContain("or --trust to run it");
    }
    expect("hasRun" in globalThis).toBe(false);
  });

  test("refuses --trust in a new run", async () => {
    const { status, stderr } = await captureCli(["train", "--trust"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "--trust requires --resume or --continue\n" });
  });

  test("refuses a summary.json that no run wrote, whatever its status says", async () => {
    const { out, words } = await makeRun();
    await interrupt(words, new StopRequest("SIGINT"));
    const path = join(out, "summary.json");
    const whole = JSON.parse(await readFile(path, "utf8"));
    const row = { ...whole.experiences[0], onnx: { path: "javascript:alert(1)", maxAbsoluteDifference: 0 } };
    const cases: readonly (readonly [summary: unknown, message: string])[] = [
      [{ ...whole, status: "finished", experiences: [{}] }, "experiences.0.index is missing"],
      [
        { ...whole, status: "finished", experiences: [row] },
        "experiences.0.onnx.path must be onnx/experience-NNN.onnx",
      ],
      [{}, "version is missing"],
      [null, "it must be an object, got null"],
    ];
    for (const [summary, message] of cases) {
      await writeFile(path, JSON.stringify(summary));
      const { status, stdout, stderr } = await captureCli(["train", "--resume", out]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(`${path}: ${message}`);
      expect(stderr.split("\n").length).toBe(2);
    }
    await writeFile(path, JSON.stringify(whole));
    expect((await captureCli(["train", "--resume", out, "--quiet"])).status).toBe(0);
  });

  test("refuses a folder in which a file of the run is a link, and leaves what it leads to as it is", async () => {
    for (const name of ["metrics.jsonl", "onnx", "checkpoints", "training_results.csv"]) {
      const { out, words } = await makeRun();
      await interrupt(words, new StopRequest("SIGINT"));
      const aside = join(out, "aside");
      await rename(join(out, name), aside).catch(() => writeFile(aside, "mine"));
      const before = (await readdir(aside).catch(() => readFile(aside, "utf8"))).toString();
      await symlink(aside, join(out, name));
      const { status, stderr } = await captureCli(["train", "--resume", out, "--quiet"]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/ is a link; a run goes on in its own folder alone: move here what it leads to\n$/);
      expect((await readdir(aside).catch(() => readFile(aside, "utf8"))).toString()).toBe(before);
    }
  });

  test("passes over a damaged checkpoint in one line, and refuses a run that has only such", async () => {
    const { out, words } = await makeRun();
    await interrupt(words, new StopRequest("SIGINT"));
    const folder = join(out, "checkpoints");
    const names = (await readdir(folder)).sort();
    await truncate(join(folder, names.at(-1) ?? ""), 100);
    const { status, stderr } = await captureCli(["train", "--resume", out, "--quiet"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Going on from checkpoint-\d+\.safetensors, as a newer checkpoint cannot be used: .*\n$/);

    const second = await makeRun();
    await interrupt(second.words, new StopRequest("SIGINT"));
    const all = join(second.out, "checkpoints");
    for (const name of await readdir(all)) await truncate(join(all, name), 100);
    const refused = await captureCli(["train", "--resume", second.out]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/: none of its checkpoints can be used \(.*\)\n$/);
  });

  test("refuses a folder that holds no run", async () => {
    const { status, stderr } = await captureCli(["train", "--resume", await makeFolder({})]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/ holds no run: config\.json is missing\n$/);
  });

  test("refuses a config.json that is none", async () => {
    const folder = await makeFolder({ "config.json": new TextEncoder().encode('{"version": 1}') });
    const { status, stderr } = await captureCli(["train", "--resume", folder]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/config\.json: benchmark is required\n$/);
  });
});

describe("train --checkpoint-every", () => {
  test("refuses what is no interval", async () => {
    const { status, stderr } = await captureCli(["train", "--checkpoint-every", "soon"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'checkpointEvery must be a number of iterations ("50") or of seconds ("30s"), got "soon"\n',
    });
  });
});
