import type { SourceNode } from "./onnx_source.ts";

/** Inputs from which place on are factors, lengths, depths and the like: never weights. */
const SETTINGS_FROM: ReadonlyMap<string, number> = new Map([
  ["OneHot", 1],
  ["Pad", 1],
  ["Resize", 1],
  ["Upsample", 1],
]);

/** Values that are settings of operators, and what settings are computed from: floats among them are no weights. */
export function findSettings(nodes: readonly SourceNode[]): ReadonlySet<string> {
  const settings = new Set<string>();
  for (const { op, inputs, outputs } of nodes.toReversed()) {
    const isComputed = op !== "Shape" && op !== "Size" && outputs.some((name) => settings.has(name));
    const from = isComputed ? 0 : SETTINGS_FROM.get(op);
    if (from === undefined) continue;
    for (const name of inputs.slice(from)) if (name !== "") settings.add(name);
  }
  return settings;
}
