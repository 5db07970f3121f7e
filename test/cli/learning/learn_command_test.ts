import { afterAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { ask, makeRequest } from "../../serving/asking.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { addFiles, makeTable, readSummary, train } from "../made_months.ts";
import { LearningService } from "./learning_service.ts";

afterAll(removeFolders);

/** Rows of a month and their labels. */
function readTable(month: number, labels: readonly string[]) {
  const lines = makeTable(month, labels).trim().split("\n").slice(1);
  const cells = lines.map((line) => line.split(","));
  return { rows: cells.map(([a, b]) => [Number(a), Number(b)]), labels: cells.map(([, , label]) => label ?? "") };
}

const TRAINING = ["--batch-size=8", "--epochs=2", "--logical-shards=2", "--workers=0", "--strategy=replay:memSize=12"];
const MODEL = "--model=mlp:hiddenSize=8,hiddenLayers=1,incremental=true";
const SERVING = ["--port=0", "--max-forgetting=1"];

describe("learn", () => {
  test("learns from feedback alone, across a restart, to the bits of training on the same data", async () => {
    const root = await makeFolder({});
    const [data, out] = [join(root, "data"), join(root, "run")];
    const first = new LearningService([data, `--out=${out}`, ...TRAINING, MODEL, ...SERVING]);
    const url = `${await first.waitFor(/listening on (\S+)/)}/v2/models/data`;
    const [january, february, march] = [
      readTable(1, ["ant", "cat"]),
      readTable(2, ["cat", "dog"]),
      readTable(3, ["ant", "dog"]),
    ];
    expect((await ask(`${url}/infer`, { body: makeRequest(january.rows) })).status).toBe(503);
    // Nothing is known yet: the samples say what they are like.
    const wrong = await ask(`${url}/feedback`, { body: { inputs: [{ name: "x" }], labels: ["ant"] } });
    expect(wrong.json.error).toBe(
      'the model has no version yet: its first samples must be one tensor "input" of FP32 or UINT8 with the shape [rows, …]',
    );
    await ask(`${url}/feedback`, { body: makeRequest(january.rows, { labels: january.labels }) });
    await ask(`${url}/feedback/close`, { method: "POST" });
    await first.waitFor(/data 0: promoted/);
    expect(
      (await ask(`${url}/infer`, { body: makeRequest(february.rows, { id: "february" }) })).json.model_version,
    ).toBe("0");
    const told = await ask(`${url}/feedback`, { body: { id: "february", labels: february.labels } });
    expect(told.json.new_classes).toEqual(["dog"]);
    await ask(`${url}/feedback/close`, { method: "POST" });
    await first.waitFor(/data 1: promoted/);
    // What is collected when it ends is taken up.
    const half = { rows: march.rows.slice(0, 12), labels: march.labels.slice(0, 12) };
    await ask(`${url}/feedback`, { body: makeRequest(half.rows, { labels: half.labels }) });
    expect(await first.stop()).toBe(0);
    expect((await readSummary(out)).status).toBe("finished");

    const second = new LearningService([data, `--out=${out}`, ...SERVING, "--feedback-rows=24"]);
    const again = `${await second.waitFor(/listening on (\S+)/)}/v2/models/data`;
    expect((await ask(`${again}/infer`, { body: makeRequest(march.rows) })).json.model_version).toBe("1");
    const rest = makeRequest(march.rows.slice(12), { labels: march.labels.slice(12) });
    expect((await ask(`${again}/feedback`, { body: rest })).json.experience).toBe("feedback-0003");
    await second.waitFor(/data 2: promoted/);
    expect(await second.stop()).toBe(0);

    const offline = join(root, "offline");
    await train(["--benchmark", `directory:path=${data}`, ...TRAINING, MODEL, "--quiet", "--out", offline]);
    const [summary, wanted] = [await readSummary(out), await readSummary(offline)];
    expect(summary.parametersHash).toBe(wanted.parametersHash);
    expect(summary.final.streamAccuracy).toBe(wanted.final.streamAccuracy);
    expect(summary.experiences.map(({ name }: { name: string }) => name)).toEqual([
      "feedback-0001",
      "feedback-0002",
      "feedback-0003",
    ]);
    const lines = (await readFile(join(out, "serving/journal.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ event }) => event === "promoted").map(({ version }) => version)).toEqual(
      expect.arrayContaining(["0", "1", "2"]),
    );
  }, 120_000);

  test("stops in the middle of training, and goes on from its checkpoint", async () => {
    const files = Object.fromEntries(
      [1, 2].map((month) => [`month${month}/d.csv`, makeTable(month, ["ant", "cat"], 40)]),
    );
    const [data, root] = [await makeFolder(files), await makeFolder({})];
    const out = join(root, "run");
    const first = new LearningService([data, `--out=${out}`, ...TRAINING.with(1, "--epochs=15"), MODEL, ...SERVING]);
    await first.waitFor(/training experience 1 "month2"/);
    expect(await first.stop()).toBe(0);
    expect(first.said).not.toContain("--resume");
    const second = new LearningService([data, `--out=${out}`, ...SERVING]);
    // The first may have come to the end before it was stopped: then the second has nothing to promote.
    while ((await readSummary(out)).experiences.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await second.stop()).toBe(0);
    const whole = join(root, "whole");
    const words = ["--benchmark", `directory:path=${data}`, ...TRAINING.with(1, "--epochs=15"), MODEL, "--quiet"];
    await train([...words, "--out", whole]);
    expect((await readSummary(out)).parametersHash).toBe((await readSummary(whole)).parametersHash);
  }, 120_000);

  test("goes back to the last accepted model after a refusal, live or over what is there, or not if it is told so", async () => {
    const root = await makeFolder({});
    const [data, out] = [join(root, "data"), join(root, "run")];
    const gated = ["--port=0", "--max-forgetting=.3"];
    const training = [...TRAINING.slice(0, 4).with(1, "--epochs=8"), "--optimizer=adam:learningRate=0.05", MODEL];
    const words = [...training, "--strategy=naive", ...gated];
    const service = new LearningService([data, `--out=${out}`, ...words]);
    const url = `${await service.waitFor(/listening on (\S+)/)}/v2/models/data`;
    const tell = async (rows: readonly number[][], labels: readonly string[]) => {
      expect((await ask(`${url}/feedback`, { body: makeRequest(rows, { labels }) })).status).toBe(200);
      await ask(`${url}/feedback/close`, { method: "POST" });
    };
    const { rows, labels } = readTable(1, ["ant", "cat"]);
    await tell(rows, labels);
    await service.waitFor(/data 0: promoted/);
    // Somebody says the opposite.
    await tell(rows, labels.toReversed());
    await service.waitFor(/data 1: refused: forgets experience 0/);
    for (const month of [2, 3, 4]) {
      const more = readTable(month, ["ant", "cat"]);
      await ask(`${url}/feedback`, { body: makeRequest(more.rows, { labels: more.labels }) });
    }
    await tell(rows, labels);
    const reason = "version 1 was refused: experience 2 is trained on version 0, together with experience 1";
    await service.waitFor(new RegExp(`data 2: goneBack: ${reason}\n`));
    await service.waitFor(/data 2: promoted/);
    expect(await service.stop()).toBe(0);
    const { parametersHash, experiences } = await readSummary(out);
    expect(experiences.map(({ examples }: { examples: number }) => examples)).toEqual([20, 20, 76]);
    const journal = await readFile(join(out, "serving/journal.jsonl"), "utf8");
    const lines = journal
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ by }) => by === "training")).toMatchObject([{ version: "2", event: "goneBack", reason }]);

    const again = new LearningService([data, `--out=${join(root, "again")}`, ...words]);
    await again.waitFor(/data 2: (?:promoted|refused)/);
    await again.stop();
    expect((await readSummary(join(root, "again"))).parametersHash).toBe(parametersHash);

    const kept = new LearningService([data, `--out=${join(root, "kept")}`, ...words, "--keep-refused"]);
    await kept.waitFor(/data 2: (?:promoted|refused)/);
    await kept.stop();
    const offline = join(root, "offline");
    await train(["--benchmark", `directory:path=${data}`, ...training, "--quiet", "--out", offline]);
    const { parametersHash: straight } = await readSummary(offline);
    expect((await readSummary(join(root, "kept"))).parametersHash).toBe(straight);
    expect(straight).not.toBe(parametersHash);
  }, 120_000);

  test("refuses what cannot be, and tells what is refused in training", async () => {
    const data = await makeFolder({});
    const inside = await captureCli(["learn", data, "--out", join(data, "run")]);
    expect(inside).toMatchObject({
      status: 2,
      stderr: `--out must be outside the folder of the data, ${data}, got ${join(data, "run")}\n`,
    });
    for (const option of ["--elastic", "--rank-timeout=5"]) {
      const { status, stderr } = await captureCli(["learn", data, option]);
      expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("unknown option") });
    }
    const table = await makeFolder({ "d.csv": makeTable(1, ["ant", "cat"]) });
    const samples = new LearningService([table, `--out=${join(await makeFolder({}), "run")}`, ...SERVING]);
    await samples.waitFor(/waiting: .* holds samples, and no folder for each experience\n/);
    expect(await samples.stop()).toBe(0);
    await mkdir(join(data, "month1"));
    await writeFile(join(data, "month1/d.csv"), "no table\n");
    const out = join(await makeFolder({}), "run");
    const service = new LearningService([data, `--out=${out}`, ...TRAINING, MODEL, ...SERVING]);
    await service.waitFor(/month1\/d\.csv.*\n/);
    await addFiles(data, { "month2/d.csv": makeTable(2, ["ant", "cat"]) });
    await service.waitFor(/0: promoted/);
    expect(service.said.match(/month1\/d\.csv/g)).toHaveLength(1);
    await addFiles(data, { "month1/d.csv": makeTable(1, ["ant", "cat"]) });
    await service.waitFor(/1: promoted/);
    expect(await service.stop()).toBe(0);
    await addFiles(data, { "month1/d.csv": makeTable(2, ["ant", "cat"]) });
    const changed = new LearningService([data, `--out=${out}`, ...SERVING]);
    await changed.waitFor(/listening/);
    await addFiles(data, { "month3/d.csv": makeTable(2, ["ant", "cat"]) });
    await changed.waitFor(/the data has changed since the run read it: "month1" has other contents/);
    expect(await changed.stop()).toBe(0);
    await writeFile(join(out, "config.json"), "{");
    const broken = new LearningService([data, `--out=${out}`, ...SERVING]);
    expect(await broken.end).toBe(2);
    expect(broken.said).toBe(`${join(out, "config.json")}: not JSON\n`);
  }, 120_000);

  test("refuses the run of another folder of that name, also while that one waits, and another reading", async () => {
    const root = await makeFolder({ "a/data/month1/d.csv": makeTable(1, ["ant", "cat"]) });
    const [first, second, out] = [join(root, "a/data"), join(root, "b/data"), join(root, "run")];
    const waiting = new LearningService([second, `--out=${out}`, ...SERVING]);
    await waiting.waitFor(/waits for experiences/);
    expect(await captureCli(["learn", first, `--out=${out}`, ...SERVING])).toMatchObject({ status: 2, stdout: "" });
    expect(await waiting.stop()).toBe(0);
    await train(["--benchmark", `directory:path=${first}`, ...TRAINING, MODEL, "--quiet", "--out", out]);
    const list = async () => (await readdir(root, { recursive: true })).sort();
    const before = await list();
    expect(await captureCli(["learn", second, `--out=${out}`, ...SERVING])).toEqual({
      status: 2,
      stdout: "",
      stderr: `${out} holds a run on ${first}, got ${second}: name another folder for its run with --out\n`,
    });
    const other = await captureCli(["learn", first, `--out=${out}`, ...SERVING, "--reading=testSize=0.5"]);
    expect(other).toMatchObject({ status: 2, stderr: `${out}: the run has --reading testSize=none, got 0.5\n` });
    expect(await list()).toEqual(before);
    // A link leads to the same data.
    await symlink(first, join(root, "link"));
    const again = new LearningService([join(root, "link"), `--out=${out}`, ...SERVING]);
    await again.waitFor(/promoted/);
    expect(await again.stop()).toBe(0);
  }, 60_000);

  test("refuses before anything is made what could never be trained or served", async () => {
    const root = await makeFolder({});
    const [data, out] = [join(root, "data"), join(root, "run")];
    const refuse = async (...words: string[]) => {
      const { status, stderr, stdout } = await captureCli(["learn", data, `--out=${out}`, "--port=0", ...words]);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: "" });
      expect(await readdir(root)).toEqual([]);
      return stderr;
    };
    expect(await refuse("--strategy", "repaly")).toMatch(
      /^.*unknown strategy "repaly", did you mean replay or rwalk\?\n$/,
    );
    expect(await refuse("--strategy", "replay:memSize=-1")).toMatch(/memSize must be .* got -1\n$/);
    expect(await refuse("--model", "mlp:incremental=maybe")).toMatch(/incremental must be .*\n$/);
    expect(await refuse("--strategy", "joint")).toBe("learn: joint trains all experiences at once and adds none\n");
    expect(await refuse("--reading", "scenario=new-instances")).toContain("scenario excludes");
    expect(await refuse("--reading", "onlineExperienceSize=10")).toMatch(
      /^learn: onlineExperienceSize cuts .*--keep-refused\n$/,
    );
    expect(await refuse("--host", "0.0.0.0")).toContain("token is required where other machines can ask");
    expect(await refuse("--shadow", "--canary", "0.1")).toBe("serve: canary and shadow exclude each other\n");
    expect(await refuse("--model", "onnx:path=gone.onnx")).toBe(
      "--model onnx: gone.onnx: there is no such file or folder\n",
    );
    expect(await refuse("--model", "run:gone")).toContain("gone");
    expect(await refuse("--gate", "gone")).toContain("gone");
    const file = await captureCli(["learn", import.meta.filename, "--port=0"]);
    expect(file).toMatchObject({
      status: 2,
      stderr: `learn needs a folder, and ${import.meta.filename} is a file\n`,
    });
    const busy = createServer().listen(0, "127.0.0.1");
    await once(busy, "listening");
    expect((await captureCli(["learn", "--help"])).stdout).toMatch(/"replay"\).*"mlp:incremental=true"\)/s);
    const { port } = z.object({ port: z.number() }).parse(busy.address());
    expect(await refuse(`--port=${port}`, "--journal", join(root, "own/journal.jsonl"))).toContain(String(port));
    busy.close();
  });
});
