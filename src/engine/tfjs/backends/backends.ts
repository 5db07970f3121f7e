import * as tf from "@tensorflow/tfjs";
import { describeUnknownName, needs, RangeRefusal, RefusalError } from "../../../core/errors/errors.ts";
import { assertUsesGPU, startNodeBackend } from "./node_backend.ts";
import { startWasmBackend } from "./wasm_backend.ts";
import { startWebGPUBackend } from "./webgpu_backend.ts";

/** The TF.js backends that there are, fastest first. */
export const TFJS_BACKENDS = ["tensorflow-gpu", "tensorflow", "webgpu", "wasm", "cpu"] as const;

/** One TF.js backend. */
export type TfjsBackend = (typeof TFJS_BACKENDS)[number];

/** What "auto" tries, in this order: what computes on the processor. */
const AUTO_ORDER: readonly TfjsBackend[] = ["tensorflow", "wasm", "cpu"];

let chosen: Promise<TfjsBackend> | undefined;

/**
 * Loads a backend and makes it the one of this process or Worker; TF.js has room for one. "auto" takes what was chosen
 * before, else the first of tensorflow, wasm and cpu that loads.
 * @returns Its name.
 * @throws {RangeError} If there is no backend of that name.
 * @throws {Error} If its package is missing (the message says what to install), or another backend was chosen before.
 */
export async function loadTfjsBackend(wanted: "auto" | TfjsBackend): Promise<TfjsBackend> {
  if (wanted !== "auto" && !TFJS_BACKENDS.includes(wanted)) {
    const names = ["auto", ...TFJS_BACKENDS];
    throw new RangeRefusal(`${describeUnknownName("backend", wanted, names)}`);
  }
  if (!chosen) {
    chosen = wanted === "auto" ? loadFirst(AUTO_ORDER) : loadBackend(wanted);
    // A backend that could not be loaded leaves the choice open.
    chosen.catch(() => {
      chosen = undefined;
    });
  }
  const name = await chosen;
  if (wanted !== "auto" && wanted !== name) {
    const rule = `${name}, the backend this process computes with (another Worker may choose another)`;
    throw new RefusalError(needs("TF.js", rule, wanted));
  }
  return name;
}

async function loadFirst(names: readonly TfjsBackend[]): Promise<TfjsBackend> {
  const [name = "cpu", ...others] = names;
  if (others.length === 0) return loadBackend(name);
  return loadBackend(name).catch(() => loadFirst(others));
}

async function loadBackend(name: TfjsBackend): Promise<TfjsBackend> {
  // Without this, TF.js prints advice at the first tensor; nothing else depends on it.
  tf.enableProdMode();
  await startBackend(name);
  const registered = name === "tensorflow-gpu" ? "tensorflow" : name;
  if (!(await tf.setBackend(registered))) {
    throw new RefusalError(`the TF.js backend ${name} found no device to start on`);
  }
  if (name === "tensorflow-gpu") assertUsesGPU();
  return name;
}

async function startBackend(name: TfjsBackend): Promise<void> {
  switch (name) {
    case "tensorflow-gpu":
    case "tensorflow":
      return startNodeBackend(name);
    case "webgpu":
      return startWebGPUBackend();
    case "wasm":
      return startWasmBackend();
    case "cpu":
      return;
  }
}
