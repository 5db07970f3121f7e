import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { findEntry } from "../../../src/core/parameter_layout.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { ExportSession } from "../../../src/onnx/export/export_session.ts";
import type { ExportedNetwork } from "../../../src/onnx/export/exported_network.ts";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { takeApart } from "../../engine/engine_fixtures.ts";
import { GROWING_MODELS } from "../../engine/growing_models.ts";
import { createMlpTopology } from "../topologies.ts";

const random = new RandomStream(5, "exported-network");
const draw = (length: number) => Float32Array.from({ length }, () => random.normal());

/** 5-6-3, with parameters. */
function makeNetwork(): ExportedNetwork {
  const spec = parseTopology(createMlpTopology());
  return { spec, parameters: draw(spec.layout.size), state: new Float32Array(0) };
}

async function run(exported: ExportedNetwork, x: HostTensor, taskLabels?: readonly number[]): Promise<number[]> {
  const session = await ExportSession.open(exportModel({ ...exported, metadata: {} }));
  try {
    const { data } = await session.run({ ...x, ...(taskLabels ? { taskLabels: Int32Array.from(taskLabels) } : {}) });
    return [...data];
  } finally {
    await session.close();
  }
}

describe("exportModel() with parameters by task", () => {
  test("gives each row what the network of its task gives, when a minibatch has several", async () => {
    const network = makeNetwork();
    const { spec, parameters } = network;
    const x = { data: draw(25), shape: [5, 5] };
    // The kernels' parameters in turn belong to everybody and to the experiences 1 to 3; the biases to everybody.
    const owners = new Float32Array(parameters.length);
    for (const { offset, size, shape } of spec.layout.entries) {
      if (shape.length > 1) for (let i = offset; i < offset + size; i++) owners[i] = i % 4;
    }
    const upTo = (last: number) => parameters.map((value, i) => ((owners[i] ?? 0) > last ? 0 : value));
    const taskParameters = {
      owners,
      lastOwners: new Map([
        [0, 1],
        [4, 2],
      ]),
      lastOwner: 3,
    };
    const whole = await Promise.all([1, 2, 3].map((last) => run({ ...network, parameters: upTo(last) }, x)));
    const chosen = await run({ ...network, taskParameters }, x, [4, 0, 1, 0, 9]);
    const wanted = [1, 0, 2, 0, 2].flatMap((task, row) => whole[task]?.slice(3 * row, 3 * row + 3) ?? []);
    expect(chosen).toHaveLength(15);
    for (const [i, value] of wanted.entries()) expect(chosen[i]).toBeCloseTo(value, 5);
    expect(new Set(wanted).size).toBe(15);
  });

  test("holds tables for those tensors alone of which a part is hidden, and takes task labels always", () => {
    const network = makeNetwork();
    const entry = findEntry(network.spec.layout, network.spec.layout.entries[0]?.name ?? "");
    const owners = new Float32Array(network.parameters.length);
    const describeFile = () => {
      const taskParameters = { owners, lastOwners: new Map([[0, 1]]), lastOwner: 2 };
      const { graph } = decodeModel(exportModel({ ...network, taskParameters, metadata: {} }));
      const tables = graph.initializers.map(({ name }) => name).filter((name) => name.endsWith("/owners"));
      return { tables, inputs: graph.inputs.map(({ name }) => name) };
    };
    expect(describeFile()).toEqual({ tables: [], inputs: ["input", "task_labels"] });
    owners[entry.offset] = 2;
    expect(describeFile()).toEqual({ tables: [`${entry.name}/owners`], inputs: ["input", "task_labels"] });
  });
});

describe("exportModel() with heads", () => {
  test("puts one behind the other, when there are two", async () => {
    const network = makeNetwork();
    const x = { data: draw(10), shape: [2, 5] };
    const affine = { kind: "affine", classes: new Set([1]), alpha: 2, beta: 1 } as const;
    const logits = await run(network, x);
    const wanted = logits.map((value, i) => (i % 3 === 1 ? 4 * value + 3 : value));
    const given = await run({ ...network, heads: [affine, affine] }, x);
    for (const [i, value] of wanted.entries()) expect(given[i]).toBeCloseTo(value, 5);
  });

  test("takes the task labels of a network with several heads, when its features do not need them", async () => {
    const model = GROWING_MODELS.find(({ name }) => name === "a multi-head classifier");
    if (!model) throw new Error("There is no multi-head model");
    const spec = parseTopology(takeApart(model.build()).topology);
    const head = spec.layers.find(({ kind }) => kind === "multiHeadClassifier");
    const layerName = head?.inputs[0] ?? "";
    const features = findEntry(spec.layout, `${head?.name}/kernel`).shape[1] ?? 0;
    const means = new Map([0, 2].map((id) => [id, Float64Array.from(draw(features))]));
    const exported: ExportedNetwork = {
      spec,
      parameters: draw(spec.layout.size),
      state: new Float32Array(spec.stateLayout.size).fill(1),
      heads: [{ kind: "nearestMean", layerName, means, normalize: true }],
      classes: 7,
    };
    const { graph } = decodeModel(exportModel({ ...exported, metadata: {} }));
    expect(graph.inputs.map(({ name }) => name)).toEqual(["input", "task_labels"]);
    expect(graph.outputs).toEqual([{ name: "logits", shape: ["N", 7], dataType: "float32" }]);
    expect(await run(exported, { data: draw(10), shape: [2, 5] }, [0, 99])).toHaveLength(14);
  });

  test("throws a RangeError that names the layers, when there is none of that name", () => {
    const head = { kind: "nearestMean", layerName: "fc9", means: new Map(), normalize: true } as const;
    const exporting = () => exportModel({ ...makeNetwork(), heads: [head], metadata: {} });
    expect(exporting).toThrow(RangeError);
    expect(exporting).toThrow(/unknown layer "fc9"/);
  });
});
