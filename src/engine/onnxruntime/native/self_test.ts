import { elementAt } from "../../../core/element_at.ts";
import { createParameterLayout, findEntry } from "../../../core/parameter_layout.ts";
import { createSharedFloat32 } from "../../../core/shared/shared_memory.ts";
import { ints } from "../../../onnx/file/onnx_model.ts";
import type { Graph } from "../../../onnx/graph.ts";
import type { Carrier } from "../carrier.ts";
import { encodeGraphFile } from "../graph_file.ts";
import type { PortArray } from "../graph_ports.ts";

const [ROWS, FEATURES, UNITS, TASKS] = [3, 4, 2, 2];

const LAYOUT = createParameterLayout([
  { name: "w", shape: [FEATURES, UNITS] },
  { name: "b", shape: [TASKS, UNITS] },
]);
const [WEIGHT, BIAS] = [findEntry(LAYOUT, "w"), findEntry(LAYOUT, "b")];

/**
 * Trains a little: y = s² with s = x·w + b[task], and the gradient of w. All numbers are small and whole, so that there
 * is one right answer, which loops compute. Vectors lie in shared memory, as in training.
 * @throws {Error} If something else comes out.
 */
export async function assertComputes(carrier: Carrier): Promise<void> {
  const file = encodeGraphFile(createGraph());
  const runner = await carrier.load(file, { device: "cpu", intraOpThreads: 1 });
  try {
    const run = createRun();
    const arrays = file.ports.places.map(({ kind }) => elementAt(run[kind] ? [run[kind]] : [], 0));
    // The second time the arrays are bound already, and hold other numbers.
    for (const shift of [0, 1]) {
      fill(run, shift);
      await runner.run(arrays, ROWS);
      compare(run);
    }
  } finally {
    await runner.release();
  }
}

interface Run extends Readonly<Partial<Record<string, PortArray>>> {
  readonly samples: Float32Array;
  readonly taskLabels: BigInt64Array;
  readonly parameters: Float32Array;
  readonly outputGradient: Float32Array;
  readonly outputs: Float32Array;
  readonly gradient: Float32Array;
}

function createRun(): Run {
  return {
    samples: new Float32Array(ROWS * FEATURES),
    taskLabels: new BigInt64Array(ROWS),
    parameters: createSharedFloat32(LAYOUT.size),
    outputGradient: new Float32Array(ROWS * UNITS),
    outputs: new Float32Array(ROWS * UNITS),
    gradient: createSharedFloat32(LAYOUT.size),
  };
}

function fill({ samples, taskLabels, parameters, outputGradient, outputs, gradient }: Run, shift: number): void {
  for (const [k, array] of [samples, parameters, outputGradient].entries()) {
    for (let i = 0; i < array.length; i++) array[i] = ((i * (k + 3) + shift) % 7) - 3;
  }
  for (let i = 0; i < ROWS; i++) taskLabels[i] = BigInt((i + shift) % TASKS);
  outputs.fill(Number.NaN);
  gradient.fill(Number.NaN);
}

function compare({ samples, taskLabels, parameters, outputGradient, outputs, gradient }: Run): void {
  const wanted = new Float32Array(FEATURES * UNITS);
  for (let row = 0; row < ROWS; row++) {
    for (let unit = 0; unit < UNITS; unit++) {
      let s = at(parameters, BIAS.offset + Number(taskLabels[row]) * UNITS + unit);
      for (let i = 0; i < FEATURES; i++) s += at(samples, row * FEATURES + i) * at(parameters, i * UNITS + unit);
      const place = row * UNITS + unit;
      assertEqual("output", at(outputs, place), s * s);
      const ds = 2 * s * at(outputGradient, place);
      for (let i = 0; i < FEATURES; i++)
        wanted[i * UNITS + unit] = at(wanted, i * UNITS + unit) + at(samples, row * FEATURES + i) * ds;
    }
  }
  for (const [i, value] of wanted.entries()) assertEqual("gradient", at(gradient, WEIGHT.offset + i), value);
}

function assertEqual(what: string, got: number, wanted: number): void {
  if (got !== wanted) throw new Error(`its self-test wants ${wanted} for a ${what}, got ${got}`);
}

function at(array: Float32Array, index: number): number {
  return elementAt(array, index);
}

function createGraph(): Graph {
  const float = "float32";
  return {
    nodes: [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["z"], attributes: {} },
      { op: "Gather", inputs: ["b", "task"], outputs: ["bias"], attributes: {} },
      { op: "Add", inputs: ["z", "bias"], outputs: ["s"], attributes: {} },
      { op: "Mul", inputs: ["s", "s"], outputs: ["y"], attributes: {} },
      { op: "Add", inputs: ["s", "s"], outputs: ["twice"], attributes: {} },
      { op: "Mul", inputs: ["twice", "dy"], outputs: ["ds"], attributes: {} },
      { op: "Transpose", inputs: ["x"], outputs: ["turned"], attributes: { perm: ints([1, 0]) } },
      { op: "MatMul", inputs: ["turned", "ds"], outputs: ["dw"], attributes: {} },
    ],
    constants: [],
    inputs: [
      { name: "x", shape: ["N", FEATURES], dataType: float, role: { kind: "samples" } },
      { name: "task", shape: ["N"], dataType: "int64", role: { kind: "taskLabels" } },
      { name: "w", shape: WEIGHT.shape, dataType: float, role: { kind: "parameter", entry: WEIGHT } },
      { name: "b", shape: BIAS.shape, dataType: float, role: { kind: "parameter", entry: BIAS } },
      { name: "dy", shape: ["N", UNITS], dataType: float, role: { kind: "outputGradient" } },
    ],
    outputs: [
      { name: "y", shape: ["N", UNITS], dataType: float, role: { kind: "outputs" } },
      { name: "dw", shape: WEIGHT.shape, dataType: float, role: { kind: "gradient", entry: WEIGHT } },
    ],
    rowLimit: undefined,
    types: new Map(),
  };
}
