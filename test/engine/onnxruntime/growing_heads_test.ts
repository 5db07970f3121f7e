import { afterAll, describe, expect, test } from "bun:test";
import type { Engine, ModelVectors } from "../../../src/engine/engine.ts";
import type { ModelTopology } from "../../../src/engine/model_topology.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { compareEngines } from "../compare_engines.ts";
import {
  catchError,
  computeGradient,
  computeOutputs,
  drawObjective,
  FEATURES,
  measureDifference,
  takeApart,
} from "../engine_fixtures.ts";
import { drawGrowingInput, drawGrowingVectors, GROWING_MODELS, type GrowingModel } from "../growing_models.ts";
import { computeLossesSlowly } from "../slow_objectives.ts";
import { EngineWorker } from "../tfjs/worker_engine.ts";

/** Both engines compute in float32 and add in different orders; results that are not masked are of the order of 1. */
const TOLERANCE = 1e-5;
/** Logits of −1000 and their losses have less room behind the point. */
const MASKED_TOLERANCE = 1e-3;
const STEP = 2 ** -8;

const worker = new EngineWorker("cpu");
afterAll(() => worker.terminate());

const ENGINES: readonly (readonly [string, (topology: ModelTopology) => Promise<Engine>])[] = [
  ["onnxruntime", (topology) => createOnnxruntimeEngine({ spec: parseTopology(topology) })],
  ["tfjs", (topology) => worker.createEngine(topology)],
];

describe("growing heads", () => {
  for (const model of GROWING_MODELS) {
    test(`give the same in both engines, when the model has ${model.name}`, async () => {
      const { topology } = takeApart(model.build());
      const [ours, reference] = [
        await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
        await worker.createEngine(topology),
      ];
      const vectors = drawGrowingVectors(ours, model);
      const taskLabels = Int32Array.from(model.taskLabels);
      const options = { sampleShape: [FEATURES], rows: taskLabels.length, vectors, taskLabels };
      const { losses, ...others } = await compareEngines(ours, reference, options);
      expect(losses).toBeLessThanOrEqual(MASKED_TOLERANCE);
      for (const difference of Object.values(others)) expect(difference).toBeLessThanOrEqual(TOLERANCE);
      await ours.close();
      await reference.close();
    });

    for (const [name, create] of ENGINES) {
      test(`give what a slow version gives in ${name}, when the model has ${model.name}`, async () => {
        const engine = await create(takeApart(model.build()).topology);
        const vectors = drawGrowingVectors(engine, model);
        const outputs = await computeOutputs(engine, vectors, drawGrowingInput(model));
        expect(measureDifference(outputs, computeSlowly(model, engine, vectors))).toBeLessThan(TOLERANCE);
        await engine.close();
      });

      test(`have the gradient of central differences in ${name}, when the model has ${model.name}`, async () => {
        const engine = await create(takeApart(model.build()).topology);
        const vectors = drawGrowingVectors(engine, model);
        const input = drawGrowingInput(model);
        const objective = drawObjective("mse", model.taskLabels.length, engine.outputSize);
        // Targets of what is masked, so that their squares do not drown the others' differences.
        const outputs = await computeOutputs(engine, vectors, input);
        outputs.forEach((value, i) => {
          if (value < -100) objective.targets[i] = value;
        });
        const { gradient } = await computeGradient(engine, vectors, input, objective);
        for (let i = 0; i < gradient.length; i++) {
          const measure = async (shift: number) => {
            const parameters = vectors.parameters.slice();
            parameters[i] = (parameters[i] ?? 0) + shift;
            const losses = computeLossesSlowly(
              objective,
              await computeOutputs(engine, { ...vectors, parameters }, input),
            );
            return losses.reduce((sum, loss, row) => sum + loss * (objective.weights[row] ?? 0), 0);
          };
          const slope = ((await measure(STEP)) - (await measure(-STEP))) / (2 * STEP);
          expect(Math.abs((gradient[i] ?? Number.NaN) - slope)).toBeLessThan(1e-3);
        }
        await engine.close();
      });
    }
  }

  for (const [name, create] of ENGINES) {
    test(`refuse a task label without a head in ${name}, and go on after that`, async () => {
      const model = GROWING_MODELS.find(({ name: kind }) => kind.endsWith("with a gap"));
      if (!model) throw new Error("There is no model with a gap");
      const engine = await create(takeApart(model.build()).topology);
      const vectors = drawGrowingVectors(engine, model);
      for (const label of [1, 3, -1]) {
        const taskLabels = Int32Array.of(0, 2, label, 2, 0);
        const error = await catchError(computeOutputs(engine, vectors, drawGrowingInput(model, { taskLabels })));
        expect(String(error)).toBe(
          `RangeError: the heads of classifier needs task labels that have a head (0, 2), got ${label}`,
        );
      }
      const few = drawGrowingInput(model, { taskLabels: Int32Array.of(0) });
      expect(String(await catchError(engine.forward(vectors, few, new Float32Array(15))))).toContain("5 task labels");
      await computeOutputs(engine, vectors, drawGrowingInput(model));
      await engine.close();
    });
  }
});

/** The outputs in float64, unit by unit. */
function computeSlowly(model: GrowingModel, engine: Engine, { parameters }: ModelVectors): Float32Array {
  const read = (name: string) => {
    const entry = engine.layout.entries.find((candidate) => candidate.name === name);
    if (!entry) throw new Error(`There is no ${name}`);
    return { values: parameters.subarray(entry.offset, entry.offset + entry.size), shape: entry.shape };
  };
  const config = readHeadConfig(model);
  const [fc, fcBias] = [read("fc0/kernel").values, read("fc0/bias").values];
  const [kernel, bias] = [read("classifier/kernel").values, read("classifier/bias").values];
  const { x, taskLabels } = drawGrowingInput(model);
  const heads = config.headUnits ?? [engine.outputSize];
  return Float32Array.from({ length: taskLabels.length * engine.outputSize }, (_, i) => {
    const [row, unit] = [Math.floor(i / engine.outputSize), i % engine.outputSize];
    const head = config.headUnits ? (taskLabels[row] ?? 0) : 0;
    const place = head * engine.outputSize + unit;
    if (config.masking && model.active[place] === 0) return config.maskValue;
    if (unit >= (heads[head] ?? 0)) return 0;
    let logit = bias[place] ?? 0;
    for (let hidden = 0; hidden < 6; hidden++) {
      let sum = fcBias[hidden] ?? 0;
      for (let k = 0; k < FEATURES; k++) sum += (x.data[row * FEATURES + k] ?? 0) * (fc[k * 6 + hidden] ?? 0);
      logit += Math.tanh(sum) * (kernel[(head * 6 + hidden) * engine.outputSize + unit] ?? 0);
    }
    return logit;
  });
}

function readHeadConfig(model: GrowingModel): { masking: boolean; maskValue: number; headUnits?: number[] } {
  const built = model.build();
  const { masking, maskValue, headUnits } = built.getLayer("classifier").getConfig();
  built.dispose();
  return {
    masking: masking === true,
    maskValue: Number(maskValue),
    ...(Array.isArray(headUnits) ? { headUnits: headUnits.map(Number) } : {}),
  };
}
