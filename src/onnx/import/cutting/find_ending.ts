import type { SourceNode } from "../onnx_source.ts";

/** What a file may do with logits at its end, and training does without. */
const ENDINGS: ReadonlySet<string> = new Set(["Identity", "LogSoftmax", "Sigmoid", "Softmax"]);

/**
 * The nodes at the end of a file that make its output of logits, in order: a softmax, perhaps.
 * @param place The file's outputs, of which the first counts, and `end`, the value that the network ends with: what
 *   stands behind it is left out of the network.
 */
export function findEnding(
  nodes: readonly SourceNode[],
  { outputs: [output = ""], end }: { readonly outputs: readonly string[]; readonly end: string },
): readonly SourceNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const ending: SourceNode[] = [];
  let value = output;
  for (let node = makers.get(value); node && value !== end; node = makers.get(value)) {
    if (!ENDINGS.has(node.op)) break;
    ending.push(node);
    value = node.inputs[0] ?? "";
  }
  return ending.reverse();
}
