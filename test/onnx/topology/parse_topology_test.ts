import { describe, expect, test } from "bun:test";
import { findUnsupportedLayers, parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { createLayer, createMlpTopology, createSequential } from "../topologies.ts";

const dense = (name: string, units = 3, inbound?: unknown) => ({
  ...createLayer("Dense", name, { units, activation: "linear", use_bias: true }),
  ...(inbound === undefined ? {} : { inbound_nodes: inbound }),
});

/** A functional model of these layers on [5]. */
function createFunctional(layers: readonly object[], output: string): unknown {
  const input = { ...createLayer("InputLayer", "in", { batch_input_shape: [null, 5] }), inbound_nodes: [] };
  return {
    class_name: "Model",
    config: { name: "made", layers: [input, ...layers], input_layers: [["in", 0, 0]], output_layers: [[output, 0, 0]] },
  };
}

describe("parseTopology()", () => {
  test("gives layers in order and parameters in model order, when the model is sequential", () => {
    const { layers, outputs, layout, stateLayout } = parseTopology(createMlpTopology());
    expect(layers.map(({ kind, name, inputs }) => [kind, name, inputs])).toEqual([
      ["input", "input1", []],
      ["dense", "fc0", ["input1"]],
      ["dropout", "dropout0", ["fc0"]],
      ["dense", "classifier", ["dropout0"]],
    ]);
    expect(outputs).toEqual(["classifier"]);
    expect(layout).toEqual({
      entries: [
        { name: "fc0/kernel", shape: [5, 6], offset: 0, size: 30 },
        { name: "fc0/bias", shape: [6], offset: 30, size: 6 },
        { name: "classifier/kernel", shape: [6, 3], offset: 36, size: 18 },
        { name: "classifier/bias", shape: [3], offset: 54, size: 3 },
      ],
      size: 57,
    });
    expect(stateLayout).toEqual({ entries: [], size: 0 });
  });

  test("puts layers after their inputs, when a functional model lists them otherwise", () => {
    const layers = [dense("last", 3, [[["first", 0, 0, {}]]]), dense("first", 4, [[["in", 0, 0, {}]]])];
    const spec = parseTopology(createFunctional(layers, "last"));
    expect(spec.layers.map(({ name }) => name)).toEqual(["in", "first", "last"]);
    expect(spec.layout.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ["last/kernel", [4, 3]],
      ["last/bias", [3]],
      ["first/kernel", [5, 4]],
      ["first/bias", [4]],
    ]);
  });

  test("gives a shared layer's calls names of their own and one set of parameters, when it is called twice", () => {
    const layers = [
      dense("shared", 5, [[["in", 0, 0, {}]], [["shared", 0, 0, {}]]]),
      {
        ...createLayer("Add", "sum"),
        inbound_nodes: [
          [
            ["shared", 0, 0, {}],
            ["shared", 1, 0, {}],
          ],
        ],
      },
    ];
    const spec = parseTopology(createFunctional(layers, "sum"));
    expect(spec.layers.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["in", []],
      ["shared", ["in"]],
      ["shared:1", ["shared"]],
      ["sum", ["shared", "shared:1"]],
    ]);
    expect(spec.layout.size).toBe(30);
  });

  test("counts frozen layers' weights as state, when trainable is false", () => {
    const frozen = createLayer("Dense", "fc", { units: 2, trainable: false });
    const { layout, stateLayout } = parseTopology(createSequential([5], [frozen, dense("head")]));
    expect(layout.entries.map(({ name }) => name)).toEqual(["head/kernel", "head/bias"]);
    expect(stateLayout.entries.map(({ name }) => name)).toEqual(["fc/kernel", "fc/bias"]);
  });

  test("refuses a layer without a converter by name, class and hint, when there is one", () => {
    const topology = createSequential([5], [dense("fc"), createLayer("MyLayer", "mine")]);
    expect(() => parseTopology(topology)).toThrow(/layer "mine" of class MyLayer .* --engine tfjs trains it/);
    const activation = createSequential([5], [createLayer("Activation", "act", { activation: "mine" })]);
    expect(() => parseTopology(activation)).toThrow(/layer "act" .* activation "mine"/);
  });

  test("names the layer, when its settings are malformed", () => {
    const malformed: [object, RegExp][] = [
      [createLayer("Dense", "fc", { units: -1 }), /layer "fc" .*: units must be a whole number of at least 1, got -1/],
      [createLayer("Dense", "fc", {}), /layer "fc" .*: units is missing/],
      [
        createLayer("Dropout", "drop", { rate: 1 }),
        /layer "drop" .*: rate must be a number of at least 0 and below 1, got 1/,
      ],
      [createLayer("Dropout", "drop", { rate: "half" }), /layer "drop" .*: rate must be/],
      [createLayer("Concatenate", "join", { axis: 0 }), /layer "join"/],
      [createLayer("Reshape", "fold", { target_shape: [2, 2] }), /layer "fold"/],
      [createLayer("LeakyReLU", "leak", { alpha: "0.3" }), /layer "leak" .*: alpha must be a number, got "0.3"/],
      [{ class_name: "Dense", config: { units: 3 } }, /layer number 1, config.name/],
    ];
    for (const [layer, message] of malformed) {
      expect(() => parseTopology(createSequential([5], [layer]))).toThrow(message);
    }
  });

  test("throws a TypeError, when it is no model's JSON", () => {
    const models: unknown[] = [
      undefined,
      "Sequential",
      [],
      {},
      { class_name: "Dense", config: {} },
      { class_name: "Sequential", config: { name: "empty", layers: [] } },
      { class_name: "Model", config: { name: "m", layers: [dense("fc")] } },
      { class_name: "Sequential", config: { name: "shapeless", layers: [dense("fc")] } },
      createSequential([], [dense("fc")]).config,
      createFunctional([dense("a", 5, [[["b", 0, 0]]]), dense("b", 5, [[["a", 0, 0]]])], "a"),
      createFunctional([dense("a", 5, [[["in", 0, 0]]])], "missing"),
      createFunctional([dense("a", 5, [[["missing", 0, 0]]])], "a"),
      createSequential([5], [dense("twin", 5), dense("twin", 5)]),
    ];
    for (const model of models) expect(() => parseTopology(model)).toThrow(TypeError);
  });

  test("throws a RangeError that names the layer, when shapes do not fit", () => {
    const layers = [
      dense("a", 4, [[["in", 0, 0, {}]]]),
      dense("b", 3, [[["in", 0, 0, {}]]]),
      {
        ...createLayer("Add", "sum"),
        inbound_nodes: [
          [
            ["a", 0, 0, {}],
            ["b", 0, 0, {}],
          ],
        ],
      },
    ];
    expect(() => parseTopology(createFunctional(layers, "sum"))).toThrow(/layer "sum".*\[N, 4\].*\[N, 3\]/);
  });
});

describe("findUnsupportedLayers()", () => {
  test("gives nothing, when every layer has a converter", () => {
    expect(findUnsupportedLayers(createMlpTopology())).toEqual([]);
  });

  test("gives a sentence a layer, nested ones too, when some have none", () => {
    const inner = createSequential([5], [createLayer("ConvLSTM2D", "memory")]);
    const topology = createSequential([5], [inner, createLayer("Mine", "custom"), dense("head")]);
    const reasons = findUnsupportedLayers(topology);
    expect(reasons.length).toBe(2);
    expect(reasons[0]).toMatch(/layer "memory" of class ConvLSTM2D/);
    expect(reasons[1]).toMatch(/layer "custom" of class Mine/);
  });
});
