import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makePng } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Two experiences of two classes each; a class is a shade, so that it can be learned. */
async function makeImages(): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const part of ["train", "test"]) {
    for (let id = 0; id < 4; id++) {
      for (let i = 0; i < 6; i++) files[`${part}/day${id >> 1}/kind${id}/${i}.png`] = makePng(60 * id + i);
    }
  }
  return makeFolder(files);
}

const WORDS = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "4", "--workers", "0", "--quiet"];

describe("train --benchmark directory", () => {
  test("trains on a folder of images, exports, and evaluates the file to the same accuracy", async () => {
    const [path, out] = [await makeImages(), join(await makeFolder({}), "run")];
    const benchmark = ["--benchmark", `directory:path=${path},imageSize=3,mean=0.5,std=0.5`];
    const { status, stderr } = await captureCli(["train", ...benchmark, "--out", out, ...WORDS, "--epochs", "2"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(summary.experiences.map(({ classes }: { classes: number[] }) => classes)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(summary.config.benchmark.options).toMatchObject({ path, imageSize: [3], labelColumn: "label", seed: 0 });
    const model = join(out, "onnx", "latest.onnx");
    const evaluated = await captureCli(["evaluate", "--model", model, ...benchmark]);
    expect(JSON.parse(evaluated.stdout).streamAccuracy).toBe(summary.final.streamAccuracy);
    const viaData = ["evaluate", "--model", model, "--benchmark", "directory:imageSize=3,mean=0.5,std=0.5"];
    const { benchmark: _, ...numbers } = JSON.parse((await captureCli([...viaData, "--data", path])).stdout);
    expect(JSON.parse(evaluated.stdout)).toMatchObject(numbers);
  });

  test("refuses to write the run among its data", async () => {
    const path = await makeImages();
    for (const out of [path, join(path, "train"), join(path, "runs", "first")]) {
      const words = ["train", "--benchmark", `directory:path=${path},imageSize=3`, "--out", out, ...WORDS];
      const { status, stderr } = await captureCli(words);
      expect(stderr).toBe(`--out must be outside the folder of the data, ${path}, got ${out}\n`);
      expect({ status, left: (await readdir(path)).sort() }).toEqual({ status: 2, left: ["test", "train"] });
    }
    const swept = join(path, "sweep");
    const sweep = ["sweep", "--strategy", "naive", "--benchmark", `directory:path=${path},imageSize=3`, "--out", swept];
    const { status, stderr } = await captureCli(sweep);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `--out must be outside the folder of the data, ${path}, got ${swept}\n`,
    });
    expect((await readdir(path)).sort()).toEqual(["test", "train"]);
    const beside = `${path}-run`;
    const words = ["train", "--benchmark", `directory:path=${path},imageSize=3`, "--out", beside, ...WORDS];
    expect((await captureCli(words)).status).toBe(0);
    await rm(beside, { recursive: true });
  });

  test("keeps the columns of a table with the file, which is evaluated on files with them in any order", async () => {
    // The class is the sign of a; b is noise on a larger scale.
    const cells = Array.from({ length: 40 }, (_, i) => [i % 2 === 0 ? 1 : -1, (i * 7) % 11, i % 2] as const);
    const ordered = `a,b,label\n${cells.map(([a, b, y]) => `${a},${b},${y}\n`).join("")}`;
    const swapped = `b,label,a\n${cells.map(([a, b, y]) => `${b},${y},${a}\n`).join("")}`;
    const folder = await makeFolder({ "train/1/d.csv": ordered, "test/1/d.csv": ordered });
    const other = await makeFolder({ "train/1/d.csv": swapped, "test/1/d.csv": swapped });
    const lacking = await makeFolder({ "train/1/d.csv": "a,label\n1,0\n", "test/1/d.csv": "a,label\n1,0\n" });
    const out = join(await makeFolder({}), "run");
    const words = ["--optimizer", "sgd:learningRate=0.1", "--epochs", "30", ...WORDS, "--out", out];
    await captureCli(["train", "--benchmark", `directory:path=${folder}`, ...words]);
    const model = join(out, "onnx", "latest.onnx");
    expect(decodeModel(await readFile(model)).metadata["firn.feature_names"]).toBe('["a","b"]');
    const evaluate = (path: string) =>
      captureCli(["evaluate", "--model", model, "--benchmark", `directory:path=${path}`]);
    const [own, turned] = [await evaluate(folder), await evaluate(other)];
    expect(JSON.parse(own.stdout).streamAccuracy).toBe(1);
    expect(JSON.parse(turned.stdout).streamAccuracy).toBe(1);
    const { status, stderr } = await evaluate(lacking);
    expect(status).toBe(2);
    expect(stderr).toContain('d.csv: must have the columns of featureNames, got them without ["b"]');
  });

  test("deals a plain image folder to experiences, alike on any number of workers, and evaluates the file", async () => {
    const files = Object.fromEntries(
      ["ape", "cat", "dog"].flatMap((name, id) =>
        Array.from({ length: 6 }, (_, i) => [`${name}/${i}.png`, makePng(100 * id + i)]),
      ),
    );
    const [path, runs] = [await makeFolder(files), await makeFolder({})];
    const words = ["--benchmark", `directory:path=${path}`, ...WORDS, "--logical-shards", "2"];
    const hashes = new Set<string>();
    for (const workers of WORKER_COUNTS.map(String)) {
      const out = join(runs, workers);
      expect(await captureCli(["train", ...words, "--workers", workers, "--out", out])).toMatchObject({ status: 0 });
      const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
      expect(summary.experiences.map(({ classes }: { classes: number[] }) => classes.length)).toEqual([1, 1, 1]);
      hashes.add(summary.parametersHash);
      const model = join(out, "onnx", "latest.onnx");
      const { stdout } = await captureCli(["evaluate", "--model", model, ...words.slice(0, 2)]);
      expect(JSON.parse(stdout)).toMatchObject({ examples: 3, streamAccuracy: summary.final.streamAccuracy });
    }
    expect(hashes.size).toBe(1);
  });

  test("keeps which output stands for which label: in config.json, the page, the file, and where a run goes on", async () => {
    const rows = (label: string) => `a,label\n${`1,${label}\n`.repeat(8)}`;
    const days = { "1/d.csv": rows("4"), "2/d.csv": rows("2.0") };
    const both = (files: Record<string, string>) =>
      Object.fromEntries(
        ["train", "test"].flatMap((part) => Object.entries(files).map(([k, v]) => [`${part}/${k}`, v])),
      );
    const [path, out] = [await makeFolder(both(days)), join(await makeFolder({}), "run")];
    const words = ["--benchmark", `directory:path=${path}`, ...WORDS];
    const { stdout } = await captureCli(["train", ...words, "--out", out]);
    expect(
      stdout
        .split("\n")
        .filter((line) => /^ +[01] /.test(line))
        .map((line) => line.split(/ +/)[2]),
    ).toEqual(["4", "2"]);
    expect(JSON.parse(await readFile(join(out, "config.json"), "utf8")).classNames).toEqual(["2", "4"]);
    const { metadata } = decodeModel(await readFile(join(out, "onnx", "latest.onnx")));
    expect([metadata["firn.class_names"], metadata["firn.classes_seen"]]).toEqual(['["2","4"]', "[0,1]"]);
    await captureCli(["report", out, "--out", join(out, "page.html")]);
    const page = await readFile(join(out, "page.html"), "utf8");
    expect(page).toContain("<code>classNames</code><span>2, 4</span>");
    expect(page).toContain('<td class="number">0</td><td>4</td>');

    const evaluate = async (files: Record<string, string>) => {
      const benchmark = `directory:path=${await makeFolder(both(files))}`;
      return captureCli(["evaluate", "--model", join(out, "onnx", "latest.onnx"), "--benchmark", benchmark]);
    };
    const alone = JSON.parse((await evaluate({ "1/d.csv": rows("4.0") })).stdout);
    const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(alone.testAccuracy).toEqual([summary.experiences[1].testAccuracy[0]]);
    expect((await evaluate({ "1/d.csv": rows("3") })).stderr).toContain('the class must be one of ["2", "4"], got "3"');
  });

  test("goes on with the classes of the run, though a class has gone from the data", async () => {
    const rows = (labels: readonly number[]) =>
      `a,label\n${labels.map((label) => `${label},${label}\n`.repeat(8)).join("")}`;
    const path = await makeFolder({ "train/1/d.csv": rows([5, 7]), "test/1/d.csv": rows([5, 7, 9]) });
    const out = join(await makeFolder({}), "run");
    const stopped = new AbortController();
    const words = [
      "train",
      "--benchmark",
      `directory:path=${path}`,
      ...WORDS.slice(0, -1),
      "--out",
      out,
      "--epochs",
      "3",
    ];
    const stop = () => stopped.abort(new StopRequest("SIGINT"));
    const first = await captureCli([...words, "--json"], { signal: stopped.signal, listen: stop });
    expect(first.status).toBe(130);
    await writeFile(join(path, "test/1/d.csv"), rows([7, 9]));
    await writeFile(join(path, "train/1/d.csv"), rows([7, 9]));
    const refused = await captureCli(["train", "--resume", out, "--quiet"]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain('"train/1" has other contents; "test/1" had 24 samples, now 16');
    const resumed = ["train", "--resume", out, "--quiet", "--accept-changed-data"];
    const { status, stderr } = await captureCli(resumed);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect([summary.config.classNames, summary.experiences[0].classes]).toEqual([
      ["5", "7", "9"],
      [1, 2],
    ]);
  });

  test("hands the options of CSV files on, and keeps them in config.json", async () => {
    const text = `,a\tlabel\n${"0,1\tMöwe\n0,2\tMäwe\n".repeat(4)}`.replaceAll(",", "\t");
    const bytes = new Uint8Array(Buffer.from(text, "latin1"));
    const [path, out] = [
      await makeFolder({ "train/1/d.csv": bytes, "test/1/d.csv": bytes }),
      join(await makeFolder({}), "run"),
    ];
    const options = "encoding=latin1,delimiter=tab,dropColumns=Unnamed: 0";
    const dealt = "scenario=class-incremental,experiences=2,classOrder=Möwe|Mäwe";
    const words = ["train", "--benchmark", `directory:path=${path},${options},${dealt}`, "--out", out, ...WORDS];
    expect(await captureCli(words)).toMatchObject({ status: 0, stderr: "" });
    const { classNames, benchmark } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    const { experiences } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(experiences.map(({ classes }: { classes: number[] }) => classes)).toEqual([[1], [0]]);
    expect(classNames).toEqual(["Mäwe", "Möwe"]);
    expect(benchmark.options).toMatchObject({ encoding: "latin1", delimiter: "tab", dropColumns: ["Unnamed: 0"] });
  });

  test("evaluates on a folder that the file names once it is typed: a file does not decide what is read", async () => {
    const path = await makeImages();
    const out = join(await makeFolder({}), "run");
    const benchmark = `directory:path=${path},imageSize=3`;
    await captureCli(["train", "--benchmark", benchmark, "--out", out, ...WORDS]);
    const model = join(out, "onnx", "latest.onnx");
    const refused = await captureCli(["evaluate", "--model", model]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    const wanted = `${model} names a folder, "${basename(path)}": say where it lies, or another, as --data FOLDER\n`;
    expect(refused.stderr).toBe(wanted);
    expect(await captureCli(["evaluate", "--model", model, "--data", path])).toMatchObject({ status: 0 });
    // Who is given the file does not learn where the folder lies.
    expect((await readFile(model)).includes(path)).toBe(false);
  });

  test("reads none of the further folders that a file names, unless they are typed", async () => {
    const rows = `a,label\n${"1,1\n2,0\n".repeat(4)}`;
    const [path, more] = [await makeFolder({ "one/d.csv": rows }), await makeFolder({ "two/d.csv": rows })];
    const out = join(await makeFolder({}), "run");
    const words = ["--benchmark", `directory:more=${more}`, "--data", path];
    expect(await captureCli(["train", ...words, "--out", out, ...WORDS])).toMatchObject({ status: 0, stderr: "" });
    const model = join(out, "onnx", "latest.onnx");
    const refused = await captureCli(["evaluate", "--model", model, "--data", path]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    const start = `${model} names a folder, ["${basename(more)}"]: say where it lies, or another, in --benchmark `;
    expect(refused.stderr).toContain(start);
    expect(await captureCli(["evaluate", "--model", model, ...words])).toMatchObject({ status: 0, stderr: "" });
  });

  test("leaves config.json as it was where class ids are 0 to n - 1", async () => {
    const [path, out] = [await makeImages(), join(await makeFolder({}), "run")];
    const numbers = "scenario=class-incremental,experiences=3,classOrder=2|0|1";
    const folder = await makeFolder(
      Object.fromEntries(
        ["train", "test"].map((part) => [`${part}/1/d.csv`, `a,label\n${"1,1\n2,0\n3,2\n".repeat(4)}`]),
      ),
    );
    await captureCli(["train", "--benchmark", `directory:path=${folder},${numbers}`, "--out", out, ...WORDS]);
    const config = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    expect([Object.keys(config).includes("classNames"), config.benchmark.options.classOrder]).toEqual([
      false,
      [2, 0, 1],
    ]);
    const { metadata } = decodeModel(await readFile(join(out, "onnx", "latest.onnx")));
    expect(metadata["firn.class_names"]).toBe('["0","1","2"]');
    const other = await captureCli([
      "evaluate",
      "--model",
      join(out, "onnx", "latest.onnx"),
      "--benchmark",
      `directory:path=${path},imageSize=1`,
    ]);
    expect(other.stderr).toContain('the class must be one of ["0", "1", "2"], got "kind0"');
  });

  test("refuses a missing folder, a missing path and a broken file in one line, with status 2", async () => {
    const broken = await makeFolder({ "train/a/cat/1.png": "no image", "test/a/cat/1.png": "no image" });
    const refusals = [
      ["directory", "directory: path is required, or --data FOLDER"],
      ["directory:path=no/such", "no/such: there is no such file or folder"],
      [`directory:path=${broken}`, "cat/1.png: must be a PNG, JPEG, WebP"],
      ["directory:path=x,imageSize=0", "imageSize must be a list of whole numbers"],
    ];
    for (const [name = "", message = ""] of refusals) {
      const { status, stderr } = await captureCli(["train", "--benchmark", name, ...WORDS]);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n").length).toBe(1);
    }
  });
});
