import { afterAll, describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { findEntry, type ParameterLayout, viewEntry } from "../../../src/core/parameter_layout.ts";
import type { Engine, ModelVectors } from "../../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import {
  ProgressiveNetwork,
  type ProgressiveNetworkOptions,
} from "../../../src/engine/tfjs/layers/progressive_network.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { compareEngines } from "../compare_engines.ts";
import {
  applyTo,
  computeGradient,
  computeOutputs,
  drawInput,
  drawObjective,
  drawVectors,
  FEATURES,
  measureDifference,
  takeApart,
} from "../engine_fixtures.ts";
import { computeLossesSlowly } from "../slow_objectives.ts";
import { EngineWorker } from "../tfjs/worker_engine.ts";

const worker = new EngineWorker("cpu");
afterAll(() => worker.terminate());

/** Rows of every column, and of a task without one. */
const TASK_LABELS = Int32Array.of(5, 0, 2, 2, 7);
const TASKS = [0, 5, 2];
const UNITS = 4;
/** By column; the last has a unit that was not trained on, too. */
const ACTIVE = [...[1, 1, 0, 0], ...[0, 1, 1, 1], ...[1, 0, 1, 0]];

type Options = Pick<ProgressiveNetworkOptions, "adapter" | "laterals"> & Partial<ProgressiveNetworkOptions>;

const CASES: readonly Options[] = [
  { adapter: "linear", laterals: "hidden" },
  { adapter: "mlp", laterals: "hidden" },
  { adapter: "linear", laterals: "input" },
  { adapter: "mlp", laterals: "input", maskValue: -2 },
];

function build(options: Options): tf.LayersModel {
  const input = tf.input({ shape: [FEATURES] });
  const labels = tf.input({ shape: [], dtype: "int32", name: "task_labels" });
  const settings = { hiddenLayers: 2, hiddenSize: 3, units: UNITS, tasks: TASKS, ...options };
  const columns = new ProgressiveNetwork({ name: "columns", ...settings });
  return tf.model({ name: "progressive", inputs: [input, labels], outputs: applyTo(columns, [input, labels]) });
}

function drawActiveVectors(engine: Pick<Engine, "layout" | "stateLayout">): ModelVectors {
  const vectors = drawVectors(engine);
  viewEntry(vectors.state, findEntry(engine.stateLayout, "columns/active")).set(ACTIVE);
  return vectors;
}

/** Reads tensors by their names, wherever they are. */
function createReader(engine: Pick<Engine, "layout" | "stateLayout">, { parameters, state }: ModelVectors) {
  const find = (layout: ParameterLayout, name: string) =>
    layout.entries.find((entry) => entry.name === `columns/${name}`);
  return (name: string): readonly number[] => {
    const trained = find(engine.layout, name);
    const frozen = find(engine.stateLayout, name);
    if (trained) return [...viewEntry(parameters, trained)];
    if (frozen) return [...viewEntry(state, frozen)];
    throw new Error(`There is no ${name}`);
  };
}

/** Σᵢ xᵢ kernel[i, unit]. */
function multiply(x: readonly number[], kernel: readonly number[], outputs: number): number[] {
  return Array.from({ length: outputs }, (_, unit) => {
    let sum = 0;
    for (const [i, value] of x.entries()) sum += value * (kernel[i * outputs + unit] ?? Number.NaN);
    return sum;
  });
}

/** The logits of one sample, in loops: h = relu(W h + b + lateral). */
function computeSlowly(
  x: readonly number[],
  label: number,
  options: Options,
  read: (name: string) => readonly number[],
) {
  const add = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + (b[i] ?? Number.NaN));
  const relu = (values: readonly number[]) => values.map((value) => Math.max(0, value));
  const columns: number[][][] = [];
  const own = TASKS.indexOf(label);
  for (let k = 0; k <= own; k++) {
    const activations: number[][] = [[...x]];
    for (const at of [0, 1, 2]) {
      const name = `c${k}/l${at}`;
      const size = at === 2 ? UNITS : 3;
      let z = add(multiply(activations[at] ?? [], read(`${name}/kernel`), size), read(`${name}/bias`));
      const isJoined = k > 0 && (options.laterals === "hidden" ? at > 0 : at < 2);
      const earlier = columns.map((column) => column[at] ?? []);
      if (isJoined && options.adapter === "linear") {
        z = add(z, multiply(earlier.flat(), read(`${name}/lateral/kernel`), size));
      } else if (isJoined) {
        const scaled = earlier.flatMap((h, j) => h.map((value) => value * (read(`${name}/alpha`)[j] ?? Number.NaN)));
        const bias = read(`${name}/v/bias`);
        const hidden = relu(add(multiply(scaled, read(`${name}/v/kernel`), bias.length), bias));
        z = add(z, multiply(hidden, read(`${name}/u/kernel`), size));
      }
      activations.push(at === 2 ? z : relu(z));
    }
    columns.push(activations);
  }
  const logits = columns[own]?.[3] ?? [];
  const { maskValue = -1000 } = options;
  return Array.from({ length: UNITS }, (_, unit) =>
    own >= 0 && ACTIVE[own * UNITS + unit] === 1 ? (logits[unit] ?? Number.NaN) : maskValue,
  );
}

describe("progressive networks", () => {
  for (const options of CASES) {
    const name = `the adapter is ${options.adapter} and laterals begin at the ${options.laterals}`;

    test(`give what slow loops give in both engines, each row by its own column, where ${name}`, async () => {
      const { topology } = takeApart(build(options));
      for (const engine of [
        await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
        await worker.createEngine(topology),
      ]) {
        const vectors = drawActiveVectors(engine);
        const read = createReader(engine, vectors);
        const input = drawInput(TASK_LABELS.length, { taskLabels: TASK_LABELS });
        const wanted = [...TASK_LABELS].flatMap((label, row) =>
          computeSlowly([...input.x.data.subarray(row * FEATURES, (row + 1) * FEATURES)], label, options, read),
        );
        const outputs = await computeOutputs(engine, vectors, input);
        expect(measureDifference(outputs, Float32Array.from(wanted))).toBeLessThan(1e-5);
        await engine.close();
      }
    });

    test(`have gradients of the newest column alone, those of central differences, where ${name}`, async () => {
      const { topology } = takeApart(build(options));
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
      expect(engine.layout.entries.every((entry) => entry.name.startsWith("columns/c2/"))).toBe(true);
      expect(engine.stateLayout.entries.some((entry) => entry.name.startsWith("columns/c2/"))).toBe(false);
      const vectors = drawActiveVectors(engine);
      const input = drawInput(TASK_LABELS.length, { taskLabels: TASK_LABELS });
      const objective = drawObjective("mse", TASK_LABELS.length, engine.outputSize);
      // Targets of what is masked, so that their squares do not drown the others' differences.
      const outputs = await computeOutputs(engine, vectors, input);
      outputs.forEach((value, i) => {
        if (value <= -2) objective.targets[i] = value;
      });
      const { gradient } = await computeGradient(engine, vectors, input, objective);
      const evaluate = async () => {
        const losses = computeLossesSlowly(objective, await computeOutputs(engine, vectors, input));
        return losses.reduce((sum, loss, row) => sum + loss * (objective.weights[row] ?? 0), 0);
      };
      const step = 2 ** -9;
      let largest = 0;
      for (let i = 0; i < gradient.length; i++) {
        const start = vectors.parameters[i] ?? 0;
        vectors.parameters[i] = start + step;
        const above = await evaluate();
        vectors.parameters[i] = start - step;
        const below = await evaluate();
        vectors.parameters[i] = start;
        largest = Math.max(largest, Math.abs((above - below) / (2 * step) - (gradient[i] ?? 0)));
      }
      expect(gradient.some((value) => Math.abs(value) > 1e-3)).toBe(true);
      expect(largest).toBeLessThan(2e-3);
      await engine.close();
    });

    test(`give the same in both engines, gradients too, where ${name}`, async () => {
      const { topology } = takeApart(build(options));
      const [ours, reference] = [
        await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
        await worker.createEngine(topology),
      ];
      const vectors = drawActiveVectors(ours);
      const rows = { sampleShape: [FEATURES], rows: TASK_LABELS.length, taskLabels: TASK_LABELS };
      const { losses, ...others } = await compareEngines(ours, reference, { ...rows, vectors });
      expect(losses).toBeLessThanOrEqual(1e-3);
      for (const difference of Object.values(others)) expect(difference).toBeLessThanOrEqual(1e-5);
      await ours.close();
      await reference.close();
    });
  }

  test("begin with one column, which no task has: all units are masked", async () => {
    const { topology } = takeApart(build({ adapter: "mlp", laterals: "hidden", tasks: [] }));
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
    const outputs = await computeOutputs(
      engine,
      drawVectors(engine),
      drawInput(2, { taskLabels: Int32Array.of(0, 3) }),
    );
    expect([...outputs]).toEqual(Array(2 * UNITS).fill(-1000));
    await engine.close();
  });

  test("refuse settings out of range", () => {
    const create = (options: Partial<ProgressiveNetworkOptions>) =>
      new ProgressiveNetwork({
        hiddenLayers: 1,
        hiddenSize: 2,
        adapter: "mlp",
        laterals: "hidden",
        units: 2,
        tasks: [],
        ...options,
      });
    expect(() => create({ hiddenLayers: 0 })).toThrow("hiddenLayers");
    expect(() => create({ hiddenSize: 1.5 })).toThrow("hiddenSize");
    expect(() => create({ units: 0 })).toThrow("units");
    expect(() => create({ tasks: [-1] })).toThrow("tasks");
    expect(() => create({ adapter: "mpl" as "mlp" })).toThrow('adapter must be "linear" or "mlp", got "mpl"');
    expect(() => create({ laterals: "all" as "input" })).toThrow('laterals must be "hidden" or "input", got "all"');
  });
});
