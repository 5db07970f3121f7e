import { RangeRefusal } from "../../../core/errors/errors.ts";
import type { SourceNode, SourceTensor } from "../onnx_source.ts";

/** Where to look for the end of a network. */
export interface HeadSearch {
  readonly subject: string;
  readonly head: "keep" | "replace";
  readonly features?: string | undefined;
  /** The graph's outputs; the first one counts. */
  readonly outputs: readonly string[];
  readonly tensors: ReadonlyMap<string, SourceTensor>;
}

/** What may stand between the last product and the output. */
const AFTER_PRODUCT = ["Add", "Flatten", "Identity", "LogSoftmax", "Reshape", "Sigmoid", "Softmax", "Squeeze"];

/**
 * The value that a network ends with. A last softmax (or log-softmax) is left out: training wants logits.
 * @throws {RangeError} If the file has no output, or the last product cannot be found.
 */
export function cutHead(nodes: readonly SourceNode[], search: HeadSearch): string {
  const { subject, head, features, outputs, tensors } = search;
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let [end = ""] = outputs;
  if (end === "") throw new RangeRefusal(`${subject} has no output`);
  if (features !== undefined) return features;
  if (head === "keep") {
    for (let node = makers.get(end); node; node = makers.get(end)) {
      if (!["Identity", "LogSoftmax", "Softmax"].includes(node.op)) break;
      end = node.inputs[0] ?? "";
    }
    return end;
  }
  for (let node = makers.get(end); node; node = makers.get(end)) {
    const isProduct = node.op === "Gemm" || node.op === "MatMul";
    if (isProduct && tensors.has(node.inputs[1] ?? "")) return node.inputs[0] ?? "";
    if (!AFTER_PRODUCT.includes(node.op)) break;
    end = node.inputs.find((name) => !tensors.has(name)) ?? "";
  }
  throw new RangeRefusal(
    `${subject} does not end with a product by a matrix that head=replace could replace: give features=NAME`,
  );
}
