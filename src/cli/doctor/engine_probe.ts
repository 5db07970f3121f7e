/**
 * A program of its own: `engine_probe.ts ENGINE DEVICE-OR-BACKEND` computes one forward pass and prints what computed
 * it, or why it could not and a line that installs it. The doctor runs it in a process of its own, because a native
 * library that does not fit may end the process, and TF.js has one backend a process.
 */
import process from "node:process";
import { describeCause, describeUnknownName, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import { createEngine, prepareModel } from "../../engine/create_engine.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import { INSTALL_PREFIX } from "./finding.ts";

const TOPOLOGY: ModelTopology = {
  class_name: "Sequential",
  config: {
    name: "probe",
    layers: [
      {
        class_name: "Dense",
        config: { name: "dense", units: 2, activation: "linear", use_bias: true, batch_input_shape: [null, 3] },
      },
    ],
  },
};

const [, , kind, place = ""] = process.argv;
try {
  const name = await computeOnce(kind === "tfjs" ? "tfjs" : "onnxruntime", place);
  process.stdout.write(`computes as ${name}\n`);
} catch (error) {
  // What installs it stands in a field of its own.
  const message = error instanceof NotInstalledError ? error.problem : describeCause(error);
  process.stdout.write(`${message.split("\n")[0]}\n`);
  if (kind !== "tfjs" && error instanceof NotInstalledError)
    process.stdout.write(`${INSTALL_PREFIX}${error.install}\n`);
  process.exitCode = 1;
}

/** One forward pass of y = x·1 + 1. Returns the engine's name, and how it reaches its library. */
async function computeOnce(engineKind: "tfjs" | "onnxruntime", where: string): Promise<string> {
  if (engineKind === "tfjs") {
    // onnxruntime needs nothing of TF.js, which takes as long to load as all else.
    const { loadTfjsBackend, TFJS_BACKENDS } = await import("../../engine/tfjs/backends/backends.ts");
    const backend = TFJS_BACKENDS.find((name) => name === where);
    if (!backend) throw new RangeRefusal(describeUnknownName("backend of TF.js", where, TFJS_BACKENDS));
    await loadTfjsBackend(backend);
  }
  const device = engineKind === "tfjs" ? "cpu" : where;
  const engine = await createEngine({ model: await prepareModel(engineKind, TOPOLOGY), device });
  const vectors = {
    parameters: new Float32Array(engine.layout.size).fill(1),
    state: new Float32Array(engine.stateLayout.size),
  };
  const input = {
    x: { data: new Float32Array([1, 2, 3]), shape: [1, 3] },
    taskLabels: new Int32Array(1),
    mode: "eval",
    dropoutKey: { seed: 0, step: 0, shard: 0 },
  } as const;
  const outputs = new Float32Array(2);
  await engine.forward(vectors, input, outputs);
  await engine.close();
  if (outputs[0] !== 7 || outputs[1] !== 7) throw new RefusalError(`1·1 + 2·1 + 3·1 + 1 must be 7, got ${outputs[0]}`);
  return engine.carrier === undefined ? engine.name : `${engine.name}, by ${engine.carrier}`;
}
