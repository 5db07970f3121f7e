import { countElements } from "../../core/host_tensor.ts";
import type { SourceNode, SourceTensor } from "./onnx_source.ts";
import { listNumbers } from "./read_tensor.ts";

/** Where a tensor is used. */
interface Use {
  readonly node: SourceNode;
  readonly place: number;
}

/** Below this many elements, tensors of one number are taken for several that an exporter made one of. */
const SHARED_ELEMENTS = 1024;

/** Names of weights: the file's, in the letters that parameters may have, with a number for each further copy. */
export class WeightNames {
  readonly #shared = new Map<SourceTensor, string>();
  readonly #taken = new Set<string>();

  /** The name of the weight that one use of a tensor is, and whether it is a weight of its own. */
  claim(tensor: SourceTensor, use: Use): { readonly name: string; readonly isNew: boolean } {
    const known = this.#shared.get(tensor);
    if (known !== undefined && !isApart(tensor, use)) return { name: known, isNew: false };
    const base = tensor.name.replace(/[^A-Za-z0-9._/-]/g, "_").replace(/^[^A-Za-z0-9]+/, "") || "weight";
    let name = base;
    for (let copy = 2; this.#taken.has(name); copy++) name = `${base}_${copy}`;
    this.#taken.add(name);
    this.#shared.set(tensor, name);
    return { name, isNew: true };
  }
}

/**
 * Whether a further use of a tensor is one of its own: of scales and biases that are one number throughout, as they are
 * before training, small ones and those of norms. Weights of different numbers are equal because they are shared.
 */
function isApart(tensor: SourceTensor, { node, place }: Use): boolean {
  const mayBeMerged = (place > 0 && node.op.endsWith("Normalization")) || countElements(tensor.shape) < SHARED_ELEMENTS;
  return mayBeMerged && new Set(listNumbers(tensor)).size === 1;
}
