import { afterAll, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Dataset } from "../../../src/data/dataset.ts";
import { EWC } from "../../../src/methods/ewc/ewc_plugin.ts";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { type AfterRefusal, type ModelJudge, WentBackError } from "../../../src/runs/acceptance/model_judge.ts";
import { createTrainingRun, resumeTrainingRun } from "../../../src/runs/create_training_run.ts";
import type { RunParts, TrainingRunOptions } from "../../../src/runs/options/training_run_options.ts";
import { createBenchmark } from "../../../src/streams/benchmark.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeTask } from "../../support/made_task.ts";
import { makeBenchmark } from "../made_run.ts";

afterAll(removeFolders);

/** Experiences of two classes, three and four, so that a head which goes back is narrower. */
const SETS = [2, 3, 4, 4].map((classes, seed) => makeTask({ samples: 48, classes, seed, name: `train ${seed}` }));

function makeStream(sets: readonly Dataset[]) {
  const test = (_: Dataset, seed: number) => ({
    dataset: makeTask({ samples: 8, classes: 2, seed, name: `test ${seed}` }),
  });
  return createBenchmark({
    name: "made",
    train: sets.map((dataset) => ({ dataset })),
    test: sets.map(test),
    numClasses: 4,
    sampleShape: [6],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
}

type Make = (options: StrategyOptions) => BaseStrategy;

interface Judged {
  readonly make: Make;
  readonly sets?: readonly Dataset[];
  readonly judge?: ModelJudge;
  readonly plugin?: StrategyPlugin;
  readonly signal?: AbortSignal;
}

function makeOptions({ make, sets = SETS.slice(0, 3), judge, plugin = {}, signal }: Judged, directory: string) {
  const createStrategy = ({ evaluator, plugins }: RunParts) =>
    make({
      model: mlp({ inputShape: [6], hiddenSize: 8, hiddenLayers: 1, incremental: true }),
      optimizer: new SGD({ learningRate: 0.1, momentum: 0.9 }),
      trainMbSize: 16,
      trainEpochs: 2,
      evaluator,
      plugins: [{ name: "own", ...plugin }, ...plugins],
      cluster: { workers: 0 },
    });
  const base = { benchmark: makeStream(sets), directory, config: {}, createStrategy };
  return { ...base, ...(judge ? { judge } : {}), ...(signal ? { signal } : {}) } satisfies TrainingRunOptions<unknown>;
}

/** Runs, and resumes whenever the run went back. */
async function runToEnd(judged: Judged, directory?: string) {
  const path = directory ?? join(await makeFolder({}), "run");
  const options = makeOptions(judged, path);
  let isThere = directory !== undefined;
  for (;;) {
    await using run = await (isThere ? resumeTrainingRun(options) : createTrainingRun(options));
    isThere = true;
    try {
      return { path, ...(await run.train()) };
    } catch (error) {
      if (!(error instanceof WentBackError)) throw error;
    }
  }
}

/** Accepts all models but those of some experiences, and notes what it was asked and told. */
function createJudge(allowed: (experience: number) => readonly number[]) {
  const [asked, told]: [number[], AfterRefusal[]] = [[], []];
  const judge: ModelJudge = {
    async listAccepted(experience) {
      asked.push(experience);
      return allowed(experience);
    },
    onRefusal: (going) => told.push(going),
  };
  return { judge, asked, told };
}

const refuseSecond = (experience: number) => (experience === 1 ? [0] : [0, experience]);
const joinFrom = (first: number, sets = SETS.slice(0, 3)) => [
  ...sets.slice(0, first),
  Dataset.concat(sets.slice(first)),
];

const STRATEGIES: readonly [string, Make][] = [
  ["Naive", (options) => new Naive(options)],
  ["Replay", (options) => new Replay({ ...options, memSize: 12 })],
  ["EWC", (options) => new EWC({ ...options, lambda: 1 })],
];

describe("a run with a judge", () => {
  for (const [name, make] of STRATEGIES) {
    test(`${name} goes back after a refusal, and trains what came since together with what comes next`, async () => {
      const { judge, asked, told } = createJudge(refuseSecond);
      const back = await runToEnd({ make, judge });
      // The same training where the two experiences are one.
      const joined = await runToEnd({ make, sets: joinFrom(1) });
      const straight = await runToEnd({ make });
      expect(back.parametersHash).toBe(joined.parametersHash);
      expect(back.parametersHash).not.toBe(straight.parametersHash);
      expect([asked, told]).toEqual([[0, 1], [{ refused: 1, next: 2, from: 0, again: [1] }]]);
      expect(back.experiences.map(({ index, examples, classes }) => [index, examples, classes.length])).toEqual([
        [0, 48, 2],
        [1, 48, 3],
        [2, 48, 4],
      ]);
      expect(back.status).toBe("finished");
      expect((await readdir(join(back.path, "onnx"))).sort().slice(0, 3)).toEqual([
        "experience-000.onnx",
        "experience-001.onnx",
        "experience-002.onnx",
      ]);
    });
  }

  const make: Make = (options) => new Replay({ ...options, memSize: 12 });

  test("joins all that was refused since, and begins anew where a refused one follows an accepted one", async () => {
    const twice = createJudge(() => [0]);
    const back = await runToEnd({ make, judge: twice.judge, sets: SETS });
    expect(twice.told.map(({ from, again }) => [from, again])).toEqual([
      [0, [1]],
      [0, [1, 2]],
    ]);
    expect(back.parametersHash).toBe((await runToEnd({ make, sets: joinFrom(1, SETS) })).parametersHash);
    const third = createJudge((experience) => (experience === 2 ? [0, 1] : [0, 1].slice(0, experience + 1)));
    const later = await runToEnd({ make, judge: third.judge, sets: SETS });
    expect(third.told).toEqual([{ refused: 2, next: 3, from: 1, again: [2] }]);
    expect(later.parametersHash).toBe((await runToEnd({ make, sets: joinFrom(2, SETS) })).parametersHash);
  });

  test("goes back behind a model that was accepted once and is not any more", async () => {
    const { judge, told } = createJudge((experience) => (experience === 2 ? [0] : [0, 1]));
    const back = await runToEnd({ make, judge, sets: SETS });
    expect(told).toEqual([{ refused: 2, next: 3, from: 0, again: [1, 2] }]);
    expect(back.parametersHash).toBe((await runToEnd({ make, sets: joinFrom(1, SETS) })).parametersHash);
  });

  test("goes on from the refused model where no accepted one is kept", async () => {
    const { judge, told } = createJudge(() => []);
    const on = await runToEnd({ make, judge });
    expect(told).toEqual([
      { refused: 0, next: 1, from: undefined, again: [] },
      { refused: 1, next: 2, from: undefined, again: [] },
    ]);
    expect(on.parametersHash).toBe((await runToEnd({ make })).parametersHash);
  });

  test("is stopped in the middle of what it trains once more, and goes on to the same bits", async () => {
    const controller = new AbortController();
    let iterations = 0;
    const plugin: StrategyPlugin = {
      afterTrainingIteration({ experience }) {
        if (experience.joinedFrom && ++iterations === 3) controller.abort(new Error("stopped"));
      },
    };
    const { judge, asked } = createJudge(refuseSecond);
    const path = join(await makeFolder({}), "run");
    const judged = { make, judge, plugin, signal: controller.signal };
    {
      await using run = await createTrainingRun(makeOptions(judged, path));
      await expect(run.train()).rejects.toThrow(
        "the model of experience 1 was refused: resume the run, which goes on from that of 0",
      );
    }
    await expect(runToEnd(judged, path)).rejects.toThrow("stopped");
    const resumed = await runToEnd({ make, judge }, path);
    expect(resumed.parametersHash).toBe((await runToEnd({ make, sets: joinFrom(1) })).parametersHash);
    // What was decided is not asked again.
    expect(asked).toEqual([0, 1]);
  });

  test("is refused where it could not go back", async () => {
    const { judge } = createJudge(() => []);
    const refuse = async (more: Partial<TrainingRunOptions<unknown>>, message: string) => {
      const path = join(await makeFolder({}), "run");
      const refused = createTrainingRun<unknown>({ ...makeOptions({ make, judge }, path), ...more });
      await expect(refused).rejects.toThrow(message);
      await expect(readdir(path)).rejects.toThrow("ENOENT");
    };
    const subject = "a run whose models are judged";
    await refuse({ exportsModels: false }, `${subject} must export them`);
    await refuse(
      { benchmark: makeBenchmark({ onlineExperienceSize: 20 }) },
      `${subject} trains whole experiences, and onlineExperienceSize cuts them into pieces`,
    );
    const { createStrategy } = makeOptions({ make: (options) => new JointTraining(options) }, "");
    await refuse({ createStrategy }, `${subject} trains one experience after another, not all at once`);
  });
});
