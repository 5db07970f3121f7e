import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { readExportMetadata } from "../../src/onnx/export/evaluate_export.ts";
import { captureCli } from "../support/captured_cli.ts";
import { coverMembers } from "../support/cover_members.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeMonths, RECORDED_MEASURES } from "../support/recorded_targets.ts";
import { addFiles } from "./made_months.ts";

afterAll(removeFolders);

const MODEL = fileURLToPath(new URL("../support/recorded_network_model.ts", import.meta.url));
const COMMON = ["--model", `path=${MODEL}`, "--optimizer", "sgd:learningRate=0.05,momentum=0.9", "--epochs", "15"];
const BENCHMARKS = {
  values: "targets=price|weight,dropColumns=red|round|big",
  labels: "labels=red|round|big,dropColumns=price|weight",
} as const;

async function makeRun(kind: keyof typeof BENCHMARKS) {
  const data = await makeFolder(makeMonths());
  const out = join(await makeFolder({}), "run");
  const benchmark = `directory:path=${data},${BENCHMARKS[kind]}`;
  return { out, benchmark, words: ["train", "--benchmark", benchmark, "--out", out, ...COMMON] };
}

async function train(kind: keyof typeof BENCHMARKS, words: readonly string[] = []) {
  const run = await makeRun(kind);
  const outcome = await captureCli([...run.words, "--workers", "0", "--quiet", ...words]);
  expect({ status: outcome.status, stderr: outcome.stderr }).toEqual({ status: 0, stderr: "" });
  const summary = JSON.parse(await readFile(join(run.out, "summary.json"), "utf8"));
  return { ...run, ...outcome, summary };
}

/** One row of a matrix with what stands for the whole stream. */
interface Row {
  readonly testAccuracy: readonly number[];
  readonly streamAccuracy: number;
}

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  for (const [i, value] of got.entries()) {
    const recorded = wanted[i] ?? Number.NaN;
    expect(Math.abs(value - recorded)).toBeLessThan(2e-5 * (1 + Math.abs(recorded)));
  }
}

describe("train on numbers to predict", () => {
  for (const [measure, recorded] of coverMembers(Object.entries(RECORDED_MEASURES))) {
    const kind = measure === "macro-f1" || measure === "exact-match" ? "labels" : "values";
    const isDefault = measure === "r2" || measure === "macro-f1";
    test(`comes to PyTorch's and scikit-learn's ${measure} of the same network`, async () => {
      const { summary } = await train(kind, isDefault ? [] : ["--measure", measure]);
      expect(summary.measure).toBe(measure);
      for (const [i, { testAccuracy, streamAccuracy }] of (summary.experiences as Row[]).entries()) {
        expectClose([...testAccuracy, streamAccuracy], recorded[i] ?? []);
      }
      const fall = (recorded[0]?.[0] ?? 0) - (recorded[1]?.[0] ?? 0);
      const isError = measure === "rmse" || measure === "mae";
      expectClose([summary.final.averageForgetting], [isError ? -fall : fall]);
      expect(summary.final.backwardTransfer).toBe(0 - summary.final.averageForgetting);
    });
  }

  test("shows and keeps what is measured, and names it in the exported file and in config.json", async () => {
    const { out, stdout, benchmark, summary } = await train("values", ["--plugin", "metrics:regression=true"]);
    expect(stdout).toContain("R² on each experience of the test stream\ntrained  name     month 0  month 1   stream");
    expect(stdout).toContain("\nstream R²  ");
    expect(summary.config.targetNames).toEqual(["price", "weight"]);
    const metrics = await readFile(join(out, "metrics.jsonl"), "utf8");
    for (const name of ["Loss_Stream", "Top1_RMSE_Exp", "Top1_R2_Stream", "StreamR2Forgetting", "MAE_Stream"]) {
      expect(metrics).toContain(`"${name}/`);
    }
    expect(metrics).not.toContain("Acc");
    const model = join(out, "onnx/latest.onnx");
    const metadata = await readExportMetadata(model);
    expect(metadata["firn.targets"]).toBe("values");
    expect(metadata["firn.target_names"]).toBe('["price","weight"]');
    expect(metadata["firn.class_names"]).toBeUndefined();
    const turned = benchmark.replace("price|weight", "weight|price");
    const evaluated = await captureCli(["evaluate", "--model", model, "--benchmark", turned]);
    const { stream, experiences } = JSON.parse(evaluated.stdout);
    expectClose(
      [stream.r2, stream.rmse, stream.mae],
      [RECORDED_MEASURES.r2[1][2], RECORDED_MEASURES.rmse[1][2], RECORDED_MEASURES.mae[1][2]],
    );
    expectClose([experiences[1].r2], [RECORDED_MEASURES.r2[1][1]]);
    const other = benchmark.replace(BENCHMARKS.values, BENCHMARKS.labels);
    const refused = await captureCli(["evaluate", "--model", model, "--benchmark", other]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('latest.onnx predicts ["price", "weight"], and not "red" of the data');
  });

  for (const [kind, workers] of [
    ["values", "2"],
    ["labels", "1"],
  ] as const) {
    test(`ends with the same bits on ${workers} workers, and after a stop in the middle: ${kind}`, async () => {
      const words = ["--logical-shards", "2", "--strategy", "replay:memSize=8", "--batch-size", "4"];
      const whole = await train(kind, words);
      const shared = await train(kind, [...words, "--workers", workers]);
      expect(await readEnding(shared.out)).toEqual(await readEnding(whole.out));
      const { out, words: own } = await makeRun(kind);
      const controller = new AbortController();
      let events = 0;
      const write = () => ++events === 40 && controller.abort(new StopRequest("SIGINT"));
      const all = [...own, ...words, "--workers", "0", "--checkpoint-every", "2", "--json"];
      const stopped = await captureCli(all, { signal: controller.signal, listen: write });
      expect(stopped.status).toBe(130);
      const resumed = await captureCli(["train", "--resume", out, "--trust", "--quiet"]);
      expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
      expect((await readEnding(out)).parametersHash).toBe((await readEnding(whole.out)).parametersHash);
    }, 120_000);
  }

  test("goes on with a later month to the bits of one run, and refuses old targets that changed", async () => {
    const months = Object.entries(makeMonths());
    const pick = (month: string) => Object.fromEntries(months.filter(([path]) => path.includes(month)));
    const words = ["--strategy", "replay:memSize=8", "--batch-size", "4"];
    const whole = await train("values", words);
    const [data, runs] = [await makeFolder(pick("month 0")), await makeFolder({})];
    const out = join(runs, "grown");
    const benchmark = `directory:path=${data},${BENCHMARKS.values}`;
    const begin = ["train", "--benchmark", benchmark, "--out", out, ...COMMON, "--workers", "0", "--quiet", ...words];
    expect((await captureCli(begin)).status).toBe(0);
    await addFiles(data, pick("month 1"));
    const goOn = ["train", "--continue", out, "--trust", "--quiet"];
    const path = join(data, "train/month 0/rows.csv");
    const rows = await readFile(path, "utf8");
    await writeFile(path, rows.replace("-2,", "-2.5,"));
    const refused = await captureCli(goOn);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('"train/month 0" has other contents'),
    ]);
    await writeFile(path, rows.replaceAll("price", "cost"));
    expect((await captureCli(goOn)).stderr).toContain('must name the columns, one of them "price"');
    await writeFile(path, rows);
    const done = await captureCli(goOn);
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: "" });
    expect((await readEnding(out)).parametersHash).toBe((await readEnding(whole.out)).parametersHash);
  });

  test("refuses what is for classes before a folder is written", async () => {
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [["--strategy", "icarl"], "ICaRLPlugin works with class ids"],
      [["--strategy", "ewc:lambda=1,trueFisher=true"], "EWCPlugin works with class ids"],
      [["--plugin", "metrics:topK=3"], "the metric Topk_3_Acc_Epoch is about class ids"],
      [["--plugin", "early-stopping:patience=2"], "early-stopping requires a validation stream"],
      [["--model", "mlp:outputs=5"], "must have one output a target, where targets are 2 values a sample, got 5"],
      [["--model", "mlp:incremental=true"], "got a head that grows with classes"],
      [["--measure", "accuracy"], 'measure must be "r2" or "rmse" or "mae" where targets are 2 values a sample'],
      [["--measure", "macro_f1"], 'unknown measure "macro_f1", did you mean macro-f1?'],
    ];
    for (const [words, message] of refusals) {
      const { out, words: own } = await makeRun("values");
      const { status, stderr } = await captureCli([...own, ...words, "--quiet"]);
      expect(stderr).toContain(message);
      expect([status, stderr.split("\n").length, existsSync(out)]).toEqual([2, 2, false]);
    }
    const { benchmark, words: own } = await makeRun("labels");
    const watching = ["--benchmark", `${benchmark},validationSize=0.25`, "--plugin", "early-stopping:patience=2"];
    const { stderr } = await captureCli([...own, ...watching, "--quiet"]);
    expect(stderr).toBe(
      "early-stopping requires metricName such as MacroF1_Stream, or Loss_Stream with mode=min, where targets are 3 labels a sample\n",
    );
    const { stdout } = await captureCli(["train", "--help"]);
    for (const name of Object.keys(RECORDED_MEASURES)) expect(stdout).toContain(name);
  });
});
