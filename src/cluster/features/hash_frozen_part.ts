import { createHash } from "node:crypto";
import { arch, cpus, platform } from "node:os";
import { hashBytes } from "../../core/hashing/hash_bytes.ts";
import { viewEntry } from "../../core/parameter_layout.ts";
import { VERSION } from "../../core/version.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import type { FrozenPart } from "../../onnx/topology/find_frozen_part.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";

/** A model that has a frozen part, with what decides the last bits of its numbers. */
export interface FrozenModel {
  readonly spec: ModelSpec;
  readonly frozenPart: FrozenPart;
  readonly options: Pick<ResolvedClusterOptions, "devices" | "cuda">;
  /** The whole's layer state [Q]. */
  readonly state: Float32Array;
}

/**
 * What features are known by, in another process too: a hash of the layers that give them, of their weights, and of
 * the machine, as other processors and other devices round in another way. In hexadecimal.
 */
export function hashFrozenPart({ spec, frozenPart, options, state }: FrozenModel): string {
  const hash = createHash("sha256");
  const layers = listFrozenLayers(spec, frozenPart);
  // Names of layers may hold the number of models that the program has made.
  const numbers = new Map(layers.map(({ name }, i) => [name, `layer ${i}`]));
  const write = (_: string, value: unknown) =>
    typeof value === "string" ? (numbers.get(value) ?? value) : plain(value);
  // How arrays are copied to a device changes no number.
  const { pinnedMemory: _pinned, ...cuda } = options.cuda;
  const machine = [VERSION, platform(), arch(), cpus()[0]?.model ?? "", [...new Set(options.devices)], cuda];
  hash.update(JSON.stringify([frozenPart.layerName, frozenPart.shape, machine, layers], write));
  for (const entry of listFrozenState(spec, frozenPart)) {
    const [owner = "", ...rest] = entry.name.split("/");
    hash.update(`${numbers.get(owner) ?? owner} ${rest.join("/")} ${entry.shape.join()}\n`);
    hash.update(hashBytes(viewEntry(state, entry)));
  }
  return hash.digest("hex");
}

/** The layers of the model that the part behind the frozen one has not. */
export function listFrozenLayers(spec: ModelSpec, { upper }: FrozenPart): ModelSpec["layers"] {
  const trained = new Set(upper.layers.filter(({ kind }) => kind !== "input").map(({ name }) => name));
  return spec.layers.filter(({ name }) => !trained.has(name));
}

/** The frozen layers' weights among the model's state. */
export function listFrozenState(spec: ModelSpec, { upper }: FrozenPart): ModelSpec["stateLayout"]["entries"] {
  const own = new Set(upper.stateLayout.entries.map(({ name }) => name));
  return spec.stateLayout.entries.filter(({ name }) => !own.has(name));
}

/** JSON has no big integers, and would write typed arrays as objects. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  return ArrayBuffer.isView(value) ? Array.from(hashBytes(value)) : value;
}
