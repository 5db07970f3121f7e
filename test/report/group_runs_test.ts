import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { averageRuns } from "../../src/report/average_runs.ts";
import { createPage } from "../../src/report/create_page.ts";
import { createForgettingFigure, createStreamAccuracyFigure } from "../../src/report/figures/accuracy_figures.ts";
import { createLossFigure } from "../../src/report/figures/loss_figure.ts";
import { groupRuns } from "../../src/report/group_runs.ts";
import { listFigures } from "../../src/report/list_figures.ts";
import { readRuns } from "../../src/report/read_run.ts";
import { renderFigure } from "../../src/report/render_figure.ts";
import type { ReportedRun } from "../../src/report/reported_run.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

const benchmark = (seed: number) => ({ name: "split-mnist", options: { experiences: 3, seed } });

function makeRuns(seeds: readonly number[], { strategy = "ewc", epochs = 1 } = {}): Promise<string[]> {
  const config = { strategy: { name: strategy, options: {} }, epochs };
  const own = (seed: number) => ({ ...config, seed, benchmark: benchmark(seed) });
  return Promise.all(seeds.map((seed) => makeRun({ name: `${strategy}-seed-${seed}`, config: own(seed) })));
}

/** Three runs of three experiences with accuracies of their own. */
async function makeGroup(): Promise<ReportedRun[]> {
  const runs = await readRuns(await makeRuns([10, 11, 12]));
  return runs.map((run, i) => ({
    ...run,
    experiences: run.experiences.map((row, j) => ({
      ...row,
      streamAccuracy: 0.2 + 0.1 * i * j,
      trainSeconds: i + j,
      testAccuracy: row.testAccuracy.map((accuracy) => accuracy - 0.1 * i),
    })),
  }));
}

/** By the definition, value by value. */
function measureSlowly(values: readonly number[]) {
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  for (const value of values) squares += (value - sum / values.length) ** 2;
  return { mean: sum / values.length, deviation: Math.sqrt(squares / (values.length - 1)) };
}

describe("groupRuns()", () => {
  test("puts runs together that differ in their seed alone, in order of seeds", async () => {
    const runs = await readRuns([
      ...(await makeRuns([1, 10, 0])),
      ...(await makeRuns([5], { epochs: 2 })),
      ...(await makeRuns([0, 1], { strategy: "naive" })),
    ]);
    const groups = groupRuns(runs).map(({ name, runs }) => [name, runs.map(({ name }) => basename(name))]);
    expect(groups[0]).toEqual(["ewc", ["ewc-seed-0", "ewc-seed-1", "ewc-seed-10"]]);
    expect(groups[1]?.[1]).toEqual(["ewc-seed-5"]);
    expect(groups[2]?.[1]).toEqual(["naive-seed-0", "naive-seed-1"]);
    expect(groups.length).toBe(3);
  });

  test("keeps runs of one seed apart, those without a seed, and those of other benchmarks", async () => {
    const [a = "", b = ""] = [...(await makeRuns([0])), ...(await makeRuns([0]))];
    const none = await Promise.all([makeRun({ name: "c" }), makeRun({ name: "d" })]);
    const other = await makeRun({ name: "e", config: { seed: 7, benchmark: benchmark(3) } });
    const another = await makeRun({ name: "f", config: { seed: 8, benchmark: benchmark(4) } });
    const mine = await makeRun({ name: "g", config: { seed: 7, benchmark: "mine" } });
    const yours = await makeRun({ name: "h", config: { seed: 8, benchmark: "yours" } });
    const groups = groupRuns(await readRuns([a, b, ...none, other, another, mine, yours]));
    expect(groups.map(({ runs }) => runs.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test("takes a benchmark's own seed for a part of the configuration", async () => {
    const own = (seed: number) => makeRun({ name: `ewc-${seed}`, config: { seed, benchmark: benchmark(0) } });
    const groups = groupRuns(await readRuns(await Promise.all([own(0), own(1), own(2)])));
    expect(groups.map(({ name, runs }) => [name, runs.length])).toEqual([["ewc", 3]]);
  });

  test("names a group by what its runs' names have in common", async () => {
    const names = async (...given: string[]) => {
      const folders = given.map((name, seed) => makeRun({ name, config: { seed } }));
      return groupRuns(await readRuns(await Promise.all(folders))).map(({ name }) => name);
    };
    expect(await names("replay-split-mnist-1", "replay-split-mnist-2")).toEqual(["replay-split-mnist"]);
    expect(await names("ewc-lambda=0.1-seed-10", "ewc-lambda=0.1-seed-11")).toEqual(["ewc-lambda=0.1"]);
    expect(await names("one", "two")).toEqual(["one, two"]);
    expect(await names("split-cifar10")).toEqual(["split-cifar10"]);
  });
});

describe("averageRuns()", () => {
  test("has the means of what was measured, against a slow computation", async () => {
    const runs = await makeGroup();
    const mean = averageRuns({ name: "ewc", runs });
    for (const [j, row] of mean.experiences.entries()) {
      const rows = runs.flatMap(({ experiences }) => experiences[j] ?? []);
      expect(row.streamAccuracy).toBeCloseTo(measureSlowly(rows.map((r) => r.streamAccuracy)).mean, 12);
      expect(row.trainSeconds).toBeCloseTo(measureSlowly(rows.map((r) => r.trainSeconds)).mean, 12);
      for (const [k, accuracy] of row.testAccuracy.entries()) {
        const wanted = measureSlowly(rows.map((r) => r.testAccuracy[k] ?? 0)).mean;
        // What no run measured was not measured on average.
        if (Number.isNaN(wanted)) expect(accuracy).toBe(Number.NaN);
        else expect(accuracy).toBeCloseTo(wanted, 12);
      }
    }
    expect(mean.config).toMatchObject({ seed: { 0: 10 } });
  });
});

describe("figures of groups", () => {
  test("have a band about the mean loss, also where experiences have other sizes in other runs", async () => {
    const point = (step: number, value: number, experience: number) => ({ step, value, experience });
    const [trained, tested] = [
      "Loss_Epoch/train_phase/train_stream/Task000",
      "Loss_Stream/eval_phase/test_stream/Task000",
    ];
    const [a, b] = await makeGroup();
    if (!a || !b) throw new Error("two runs are missing");
    const losses = [
      {
        ...a,
        metrics: new Map([
          [trained, [point(10, 1, 0), point(20, 0.5, 0), point(30, 2, 1)]],
          [tested, [point(9, 40, 0)]],
        ]),
      },
      {
        ...b,
        metrics: new Map([
          [trained, [point(12, 3, 0), point(26, 4, 1)]],
          [tested, [point(11, 20, 0)]],
        ]),
      },
    ];
    const figure = createLossFigure(losses);
    const band = (value: number) => Math.SQRT2 * value;
    const run = expect.any(String);
    expect(Reflect.get(Object(figure?.spec), "data").values).toEqual([
      {
        step: 11,
        loss: 2,
        low: expect.closeTo(2 - band(1), 12),
        high: expect.closeTo(2 + band(1), 12),
        run,
        kind: "training loss",
      },
      {
        step: 28,
        loss: 3,
        low: expect.closeTo(3 - band(1), 12),
        high: expect.closeTo(3 + band(1), 12),
        run,
        kind: "training loss",
      },
      {
        step: 10,
        loss: 30,
        low: expect.closeTo(30 - band(10), 12),
        high: expect.closeTo(30 + band(10), 12),
        run,
        kind: "test stream loss",
      },
    ]);
    const svg = figure ? await renderFigure(figure.spec) : "";
    expect(svg.match(/<path[^>]* fill="#[0-9a-f]{6}"[^>]* opacity="0.2"/g)?.length).toBe(2);
    expect(svg).toContain(">loss (logarithmic)</text>");
    expect(svg).not.toContain(">loss (logarithmic), ");
    const other = { ...b, name: "other", config: { seed: 3, strategy: "lwf" } };
    const compared = createLossFigure([
      ...losses,
      { ...other, metrics: new Map([[tested, [point(9, 1, 0), point(19, 1, 1)]]]) },
    ]);
    const drawn = compared ? await renderFigure(compared.spec) : "";
    expect(drawn.match(/<path[^>]* opacity="0.2"/g)?.length).toBe(2);
    expect(drawn).toContain(">other</text>");
    expect(compared?.caption).toContain("bands one standard deviation");
    expect(createLossFigure([a])?.caption).not.toContain("bands");
  });

  test("have no band below 0, where the mean is above", async () => {
    const [a, b] = await makeGroup();
    if (!a || !b) throw new Error("two runs are missing");
    const make = (value: number) => new Map([["Loss_MB/train_phase/x", [{ step: 1, value, experience: 0 }]]]);
    const lows = ([x, y]: readonly number[]) => {
      const figure = createLossFigure([
        { ...a, metrics: make(x ?? 0) },
        { ...b, metrics: make(y ?? 0) },
      ]);
      return Reflect.get(Object(figure?.spec), "data").values.map(({ low }: { low: number }) => low);
    };
    expect(lows([0, 4])).toEqual([0]);
    expect(lows([-3, 1])[0]).toBeCloseTo(-1 - 4 / Math.SQRT2, 12);
  });

  test("have a band of one deviation about the mean, against a slow computation", async () => {
    const runs = await makeGroup();
    const figure = createStreamAccuracyFigure(runs);
    const values = runs[0]?.experiences.map((_, j) => {
      const { mean, deviation } = measureSlowly(runs.map((run) => run.experiences[j]?.streamAccuracy ?? 0));
      const near = (value: number) => expect.closeTo(value, 12);
      return {
        trained: j + 1,
        run: "ewc",
        value: near(mean),
        low: near(mean - deviation),
        high: near(mean + deviation),
      };
    });
    expect(figure?.spec.data).toEqual({ values } as never);
    expect(figure?.caption).toContain("bands one standard deviation");
    const svg = figure ? await renderFigure(figure.spec) : "";
    expect(svg).toMatch(/aria-roledescription="area mark"|mark-area/);
  });

  test("have no band of a single run", async () => {
    const [only] = await makeGroup();
    const figure = only ? createForgettingFigure([only], () => [0, 0.1, 0.2]) : undefined;
    expect(figure?.caption).not.toContain("band");
    expect(figure ? await renderFigure(figure.spec) : "").not.toMatch(/mark-area/);
  });

  test("are drawn once a group", async () => {
    const names = listFigures(await makeGroup()).flatMap(({ figures }) => figures.map(({ name }) => name));
    expect(names).toEqual([
      ...["stream-accuracy", "forgetting", "loss", "timing"],
      ...["accuracy-matrix-ewc", "experience-accuracy-ewc"],
    ]);
  });
});

describe("createPage() of groups", () => {
  test("has mean ± deviation of each group, and every run below", async () => {
    const runs = (await makeGroup()).map((run, i) => ({
      ...run,
      final: run.final && { ...run.final, streamAccuracy: 0.5 + 0.1 * i },
    }));
    const [lone] = await readRuns(await makeRuns([3], { strategy: "naive" }));
    const page = await createPage(lone ? [...runs, lone] : runs, { folder: dirname(runs[0]?.folder ?? "") });
    expect(page).toContain("4 runs of 2 configurations compared");
    expect(page).toContain('<th scope="row">ewc</th><td><span class="status finished">finished</span> × 3 </td>');
    expect(page).toContain('<td class="number">60.0 ± 10.0 %</td>');
    expect(page).toContain("<h2>Every run</h2>");
    for (const { name } of runs) expect(page).toContain(`<th scope="row">${name}</th>`);
    expect(page).toMatch(/<code>seed<\/code><\/th><td>10, 11, 12<\/td><td>3<\/td>/);
  });
});

describe("report of a sweep's folder", () => {
  test("is of its runs, in the folder", async () => {
    const sweep = await makeFolder({ "sweep.json": "{}" });
    for (const path of await makeRuns([0, 1])) await rename(path, join(sweep, basename(path)));
    await mkdir(join(sweep, "not-begun"));
    const { status, stdout } = await captureCli(["report", sweep]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `Wrote ${join(sweep, "report.html")}\n` });
    const empty = await makeFolder({});
    await writeFile(join(empty, "sweep.json"), "{}");
    const refused = await captureCli(["report", empty]);
    expect(refused).toMatchObject({ status: 2, stderr: `${empty} holds a sweep of which no run has begun\n` });
  });
});
