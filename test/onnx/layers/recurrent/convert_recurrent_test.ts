import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { elementAt } from "../../../../src/core/element_at.ts";
import { createOnnxruntimeEngine } from "../../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { buildTrainingGraph } from "../../../../src/onnx/engine_graphs.ts";
import { exportModel } from "../../../../src/onnx/export/export_model.ts";
import { decodeModel } from "../../../../src/onnx/file/decode_model.ts";
import { parseTopology } from "../../../../src/onnx/topology/parse_topology.ts";
import { computeOutputs, drawInput, drawVectors } from "../../../engine/engine_fixtures.ts";
import { createLayer, createSequential } from "../../topologies.ts";
import { countParameters, recur, type SlowLayer } from "./slow_recurrence.ts";

const CLASSES = { simple: "SimpleRNN", gru: "GRU", lstm: "LSTM" } as const;

interface Case extends Omit<SlowLayer, "parameters"> {
  readonly steps: number;
  readonly returnsSequences: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  cell: fc.constantFrom("simple", "gru", "lstm"),
  units: fc.integer({ min: 1, max: 3 }),
  features: fc.integer({ min: 1, max: 3 }),
  steps: fc.integer({ min: 1, max: 9 }),
  returnsSequences: fc.boolean(),
  goesBackwards: fc.boolean(),
});

/** The layer alone, its outputs flattened: they are the model's. */
function parseCase({ cell, units, features, steps, returnsSequences, goesBackwards }: Case) {
  const layer = createLayer(CLASSES[cell], "memory", {
    units,
    return_sequences: returnsSequences,
    go_backwards: goesBackwards,
    recurrent_activation: "sigmoid",
  });
  return parseTopology(createSequential([steps, features], [layer, createLayer("Flatten", "flatten")]));
}

/** The model's outputs for one sample, in double precision. */
function computeSlowly(made: Case, parameters: ArrayLike<number>, x: ArrayLike<number>): number[] {
  const outputs = recur({ ...made, parameters }, x);
  return made.returnsSequences ? outputs.flat() : [...elementAt(outputs, outputs.length - 1)];
}

describe("convertRecurrent()", () => {
  test("computes the definition and its gradient, for any cell, length and direction", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 3 }), async (made, rows) => {
        const engine = await createOnnxruntimeEngine({ spec: parseCase(made) });
        const vectors = drawVectors(engine);
        const input = drawInput(rows, { sampleShape: [made.steps, made.features] });
        const outputs = await computeOutputs(engine, vectors, input);
        const size = made.steps * made.features;
        const slow = (parameters: ArrayLike<number>) =>
          Array.from({ length: rows }, (_, row) => {
            return computeSlowly(made, parameters, input.x.data.subarray(row * size, (row + 1) * size));
          }).flat();
        expect(vectors.parameters.length).toBe(countParameters(made));
        for (const [i, value] of slow(vectors.parameters).entries()) expect(outputs[i]).toBeCloseTo(value, 5);

        const seed = Float32Array.from(outputs, (_, i) => Math.cos(i + 1));
        const gradient = new Float32Array(engine.layout.size);
        await engine.backward(vectors, input, seed, gradient);
        const loss = (parameters: ArrayLike<number>) =>
          slow(parameters).reduce((sum, value, i) => sum + value * elementAt(seed, i), 0);
        for (const [i, slope] of gradient.entries()) {
          const shifted = (by: number) => {
            const moved = Array.from(vectors.parameters);
            moved[i] = elementAt(moved, i) + by;
            return loss(moved);
          };
          expect(slope).toBeCloseTo((shifted(1e-4) - shifted(-1e-4)) / 2e-4, 4);
        }
        await engine.close();
      }),
      { numRuns: 25 },
    );
  });

  test("makes a graph of one size, however long the sequence is", () => {
    const made = { cell: "lstm", units: 2, features: 2, returnsSequences: true, goesBackwards: false } as const;
    const count = (steps: number) => buildTrainingGraph(parseCase({ ...made, steps }), "mse").nodes.length;
    expect(count(5000)).toBe(count(3));
  });

  test("trains on sequences of 2,000 times", async () => {
    const made = {
      cell: "gru",
      units: 2,
      features: 1,
      steps: 2000,
      returnsSequences: false,
      goesBackwards: false,
    } as const;
    const engine = await createOnnxruntimeEngine({ spec: parseCase(made) });
    const vectors = drawVectors(engine);
    const input = drawInput(1, { sampleShape: [made.steps, 1] });
    const outputs = await computeOutputs(engine, vectors, input);
    const wanted = computeSlowly(made, vectors.parameters, input.x.data);
    for (const [i, value] of wanted.entries()) expect(outputs[i]).toBeCloseTo(value, 4);
    const gradient = new Float32Array(engine.layout.size);
    await engine.backward(vectors, input, Float32Array.of(1, 1), gradient);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient.some((slope) => slope !== 0)).toBe(true);
    await engine.close();
  });

  test("exports ONNX's own operator where ONNX has it, else a Scan", () => {
    const listOperators = (className: string, settings: Readonly<Record<string, unknown>>) => {
      const layer = createLayer(className, "memory", { units: 2, ...settings });
      const spec = parseTopology(createSequential([5, 4], [layer, createLayer("Flatten", "flatten")]));
      const engineLess = { parameters: new Float32Array(spec.layout.size), state: new Float32Array(0) };
      const { graph } = decodeModel(exportModel({ spec, ...engineLess, metadata: {} }));
      return graph.nodes.map(({ op }) => op).filter((op) => ["GRU", "LSTM", "RNN", "Scan"].includes(op));
    };
    expect(listOperators("SimpleRNN", {})).toEqual(["RNN"]);
    expect(listOperators("GRU", { return_sequences: true })).toEqual(["GRU"]);
    expect(listOperators("LSTM", { go_backwards: true })).toEqual(["LSTM"]);
    const inner = createLayer("LSTM", "inner", { units: 2, return_sequences: true });
    const both = createLayer("Bidirectional", "both", { layer: inner, merge_mode: "concat" });
    const spec = parseTopology(createSequential([5, 4], [both, createLayer("Flatten", "flatten")]));
    const vectors = { parameters: new Float32Array(spec.layout.size), state: new Float32Array(0) };
    const { graph } = decodeModel(exportModel({ spec, ...vectors, metadata: {} }));
    expect(graph.nodes.filter(({ op }) => op === "LSTM").length).toBe(2);
    // Outputs in the order of the steps, from the end of the sequence, and a softmax over a gate.
    expect(listOperators("GRU", { return_sequences: true, go_backwards: true })).toEqual(["Scan"]);
    expect(listOperators("GRU", { recurrent_activation: "softmax" })).toEqual(["Scan"]);
  });
});
