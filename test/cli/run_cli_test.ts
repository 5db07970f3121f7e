import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VERSION } from "../../src/core/version.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const commands = ["train", "evaluate", "strategies", "plugins", "benchmarks", "models", "optimizers", "doctor"];

describe("runCli()", () => {
  test("shows help for the program and for each command", async () => {
    const { status, stdout } = await captureCli(["--help"]);
    expect(status).toBe(0);
    for (const command of commands) {
      expect(stdout).toContain(`  ${command} [options]`);
      const help = await captureCli([command, "--help"]);
      expect(help.status).toBe(0);
      expect(help.stdout).toContain(`Usage: firn ${command} [options]`);
    }
  });

  test("shows the defaults of train in its help", async () => {
    const help = (await captureCli(["train", "--help"])).stdout.replace(/\s+/g, " ");
    for (const shown of [
      '--benchmark <name:options> see the command benchmarks (default: "split-mnist:experiences=5")',
      '(default: "naive")',
      '(default: "simple-mlp")',
      '(default: "sgd:learningRate=0.01,momentum=0.9")',
      "--epochs <number> passes over each experience (default: 1)",
      "--batch-size <number> samples in a training minibatch (default: 128)",
      "--eval-batch-size <number> when evaluating (default: 512)",
      "--seed <number> seeds every random stream (default: 0)",
    ]) {
      expect(help).toContain(shown);
    }
  });

  test("says its version", async () => {
    expect(await captureCli(["--version"])).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  test("shows help and exits with 2 when no command is named", async () => {
    const { status, stderr } = await captureCli([]);
    expect(status).toBe(2);
    expect(stderr).toContain("Usage: firn");
  });

  for (const kind of ["strategies", "plugins", "benchmarks", "models", "optimizers"]) {
    test(`lists ${kind} for people and, with --json, for programs`, async () => {
      const listed: unknown = JSON.parse((await captureCli([kind, "--json"])).stdout);
      const text = (await captureCli([kind])).stdout;
      expect(Array.isArray(listed) && listed.length > 0).toBe(true);
      expect(text.includes("Begin with replay")).toBe(kind === "strategies");
      for (const { name, options } of listed as { name: string; options: { name: string }[] }[]) {
        expect(text).toContain(`${name}: `);
        for (const option of options) expect(text).toContain(`  ${option.name} `);
      }
    });
  }
});

describe("a command that lists", () => {
  test("shows those alone that are named, in the order in which they are", async () => {
    for (const [kind, name, option] of [
      ["strategies", "replay", "memSize"],
      ["plugins", "early-stopping", "patience"],
      ["benchmarks", "directory", "labelColumn"],
      ["models", "mlp", "hiddenLayers"],
      ["optimizers", "adamw", "beta1"],
    ] as const) {
      const { stdout } = await captureCli([kind, name]);
      expect(stdout).toMatch(new RegExp(`^${name}: .*\\n(  .*\\n)*  ${option} .*\\n(  .*\\n)*$`));
      const listed = JSON.parse((await captureCli([kind, name, "--json"])).stdout);
      expect(listed.map((entry: { name: string }) => entry.name)).toEqual([name]);
    }
    const both = JSON.parse((await captureCli(["strategies", "naive", "ewc", "--json"])).stdout);
    expect(both.map((entry: { name: string }) => entry.name)).toEqual(["naive", "ewc"]);
    expect((await captureCli(["strategies", "--help"])).stdout).toContain("Begin with replay");
  });
});

describe("runCli() refuses", () => {
  const refusals: readonly (readonly [words: string, message: string])[] = [
    ["trian", "unknown command 'trian' (Did you mean train?)"],
    ["help trian", 'unknown command "trian", did you mean train?'],
    ["train --sede 1", "unknown option '--sede' (Did you mean --seed?)"],
    ["train --epochs", "option '--epochs <number>' argument missing"],
    ["train somewhere", "too many arguments"],
    ["train --epochs 0", "--epochs must be a whole number of at least 1, got 0"],
    ["train --batch-size 1.5", "--batch-size must be a whole number of at least 1, got 1.5"],
    ["train --workers=-1", "--workers must be a whole number of at least 0, got -1"],
    ["train --epochs x", '--epochs must be a whole number of at least 1, got "x"'],
    ["train --strategy=", '"": expected NAME or NAME:key=value,key=value'],
    ["train --logical-shards 1000000", "logicalShards must be from 1 to 65536, got 1000000"],
    ["train --strategy nave", 'unknown strategy "nave", did you mean naive or lae?'],
    ["train --plugin early-stoping", 'unknown plugin "early-stoping", did you mean early-stopping?'],
    ["train --benchmark split-mnst", 'unknown benchmark "split-mnst", did you mean split-mnist?'],
    ["train --model simple-mpl", 'unknown model "simple-mpl", did you mean simple-mlp'],
    ["train --optimizer sdg", 'unknown optimizer "sdg", did you mean sgd'],
    ["train --engine torch", 'unknown engine "torch"; known: auto, onnxruntime, tfjs'],
    ["train --device gpu", 'device must be cpu, webgpu or cuda:NUMBER, got "gpu"'],
    ["train --strategy ewc:lambda=much", 'ewc: lambda must be a number of at least 0, got "much"'],
    ["train --strategy ewc:lambda=-1", "ewc: lambda must be at least 0, got -1"],
    [
      "train --benchmark directory:path=x,standardize=true",
      'directory: unknown option "standardize"; it is an option of the model: --model simple-mlp:standardize=true',
    ],
    ["train --optimizer sgd:momentun=0.9", 'sgd: unknown option "momentun", did you mean momentum?'],
    ["strategies reply", 'unknown strategy "reply", did you mean replay'],
    ["optimizers sgd sdg", 'unknown optimizer "sdg", did you mean sgd?'],
    ["evaluate", "required option '--model <file>' not specified"],
    ["evaluate --model no_such_file.onnx", "no_such_file.onnx: there is no such file or folder"],
  ];
  for (const [words, message] of refusals) {
    test(`"${words}" in one line, with status 2`, async () => {
      const { status, stdout, stderr } = await captureCli(words.split(" "));
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^.+\n$/);
    });
  }

  /** What can only be found when the parts are made; the run's folder must not be there afterwards. */
  const late: readonly (readonly [what: string, words: readonly string[], message: string])[] = [
    [
      "a folder without the data",
      ["--data", "no_such_folder"],
      'no_such_folder" holds no train-images-idx3-ubyte (nor ',
    ],
    ["options that do not go together", ["--strategy", "ewc:lambda=1,mode=online"], "requires decayFactor"],
    ["an incomplete class order", ["--benchmark", "split-mnist:classOrder=1|2"], "needs every class once"],
    ["too many workers", ["--workers", "100000"], "cluster: workers must be from 0 to 256, got 100000"],
    [
      "a module that is not there",
      ["--model", "path=./no_such_model.ts"],
      '"./no_such_model.ts": there is no such file or folder',
    ],
    [
      "early stopping without validation",
      ["--plugin", "early-stopping:patience=1"],
      "early-stopping requires a validation stream, split-mnist has none",
    ],
  ];
  for (const [what, words, message] of late) {
    test(`${what} in one line, with status 2, and writes nothing`, async () => {
      const data = await makeFolder(makeMNISTFiles());
      const parent = await makeFolder({});
      const out = join(parent, "run");
      const { status, stderr } = await captureCli(["train", "--data", data, "--out", out, "--quiet", ...words]);
      expect({ status, written: await readdir(parent) }).toEqual({ status: 2, written: [] });
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^.+\n$/);
    });
  }

  test("a name with control characters in one line, in which none of them is left", async () => {
    for (const words of [
      ["report", "no\u001b[2J\nrun"],
      ["train", "--resume", "no\u001b[2J\nrun"],
      ["no\u001b[2J\ncommand"],
      ["evaluate", "--model", "no\u001b[2J\nmodel"],
      ["train", "--benchmark", "directory:path=no\u001b[2J\nfolder", "--out", "no\u001b[2J\nfolder"],
    ]) {
      const { status, stderr } = await captureCli(words);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^\P{Cc}*no(?:\\u001b|\P{Cc})*\n$/u);
      expect(stderr).toContain("\\u001b[2J");
    }
  });

  test("a truncated data file by its name", async () => {
    const files = makeMNISTFiles();
    const name = "train-images-idx3-ubyte";
    const data = await makeFolder({ ...files, [name]: (files[name] ?? new Uint8Array()).subarray(0, 1000) });
    const parent = await makeFolder({});
    const { status, stderr } = await captureCli(["train", "--data", data, "--out", join(parent, "run")]);
    expect({ status, written: await readdir(parent) }).toEqual({ status: 2, written: [] });
    expect(stderr).toContain(join(data, name));
  });

  test("a folder that holds another run, and leaves it as it is", async () => {
    const out = await makeFolder({});
    await writeFile(join(out, "summary.json"), "{}");
    const { status, stderr } = await captureCli(["train", "--out", out, "--quiet"]);
    expect(status).toBe(2);
    expect(stderr).toBe(`${out} holds another run: summary.json is there\n`);
    expect(await readdir(out)).toEqual(["summary.json"]);
    expect(await readFile(join(out, "summary.json"), "utf8")).toBe("{}");
  });
});
