import { elementAt } from "../../../core/element_at.ts";
import { countElements } from "../../../core/host_tensor.ts";
import type { ImportedNetwork, ImportedNode } from "../imported_network.ts";

/** A weight W that operators multiply by, and by nothing else. */
export interface ProductWeight {
  readonly name: string;
  /** As in the file: [out, in], [in, out] or, of convolutions, [out, in, 1, …]. */
  readonly shape: readonly number[];
  readonly isTrainable: boolean;
  /** Which axis of W has a length for each output: 0 or 1. The other one has one for each input. */
  readonly outputAxis: number;
  /** Gemm, MatMul or Conv. */
  readonly products: readonly ImportedNode[];
}

/** One use of a weight. */
interface Product {
  readonly node: ImportedNode;
  readonly outputAxis: number;
}

/**
 * The weights of a network that take part in nothing but products x · W or x · Wᵀ of Gemm and MatMul, and convolutions
 * without a window (1×1, one group), in the network's order. Gemm's factors and transposes of W are seen through.
 */
export function findProducts(network: ImportedNetwork): ProductWeight[] {
  const users = new Map<string, ImportedNode[]>();
  for (const node of network.nodes) {
    for (const name of new Set(node.inputs)) users.set(name, [...(users.get(name) ?? []), node]);
  }
  return network.weights.flatMap(({ name, shape, isTrainable }) => {
    const products = listProducts(name, shape, users);
    const [first] = products ?? [];
    if (!first || name === network.output) return [];
    if (products?.some(({ outputAxis }) => outputAxis !== first.outputAxis)) return [];
    const nodes = (products ?? []).map(({ node }) => node);
    return [{ name, shape, isTrainable, outputAxis: first.outputAxis, products: nodes }];
  });
}

/** All uses of a matrix; undefined where one is no product. */
function listProducts(
  name: string,
  shape: readonly number[],
  users: ReadonlyMap<string, readonly ImportedNode[]>,
): Product[] | undefined {
  const found: Product[] = [];
  for (const node of users.get(name) ?? []) {
    if (node.op === "Transpose" && shape.length === 2) {
      const perm = node.attributes.perm;
      if (perm?.kind === "ints" && perm.value.join() !== "1,0") return undefined;
      const turned = listProducts(elementAt(node.outputs, 0), shape.toReversed(), users);
      if (!turned) return undefined;
      found.push(...turned.map((product) => ({ ...product, outputAxis: 1 - product.outputAxis })));
      continue;
    }
    const outputAxis = findOutputAxis(node, { name, shape });
    if (outputAxis === undefined) return undefined;
    found.push({ node, outputAxis });
  }
  return found;
}

/** Undefined where the operator does not multiply its first input by the weight. */
function findOutputAxis(
  { op, inputs, attributes }: ImportedNode,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
): number | undefined {
  if (inputs.filter((input) => input === name).length !== 1 || inputs[1] !== name) return undefined;
  switch (op) {
    case "MatMul":
      return shape.length === 2 ? 1 : undefined;
    case "Gemm":
      return attributes.transB?.value === 1 ? 0 : 1;
    case "Conv": {
      const isPoint = shape.length > 2 && countElements(shape.slice(2)) === 1;
      return isPoint && (attributes.group?.value ?? 1) === 1 ? 0 : undefined;
    }
    default:
      return undefined;
  }
}
