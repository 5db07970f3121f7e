import { elementAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import type { RandomStream } from "../../../core/random_stream.ts";
import { matchesPattern } from "../cutting/choose_trainable.ts";
import type { Imported } from "../import_network.ts";
import type { ImportedAdapter, ImportedNetwork, ImportedNode } from "../imported_network.ts";
import { findProducts, type ProductWeight } from "./find_products.ts";

/** Which weights get an adapter, and of what size. */
export interface AdapterOptions {
  /** What messages begin with: the file. */
  readonly subject: string;
  /** r: A is [r, in] and B [out, r]. */
  readonly rank: number;
  /** What the adapter gives is multiplied by alpha / rank. */
  readonly alpha: number;
  /** Patterns of names of weights, or of the operators that take them; * stands for anything. */
  readonly target: readonly string[];
  /** Draws A. */
  readonly stream: RandomStream;
}

/**
 * The network with low-rank adapters: where a weight W is not trained, its products x · Wᵀ become
 * x · Wᵀ + (alpha / rank) · (x · Aᵀ) · Bᵀ with trained A and B. A is drawn from U(−1/√in, 1/√in), weight by weight in
 * the network's order, and B is 0, so that the network gives what it gave. Operators that share a weight share A and B.
 * Adapters that a file holds as nodes are weights of the network as any others, but get no adapters themselves.
 * @throws {RangeError} If a pattern fits no weight that can have an adapter, or rank is larger than all of its lengths.
 * @see Hu et al. 2021, LoRA, arXiv:2106.09685; A as in its code and in PEFT.
 */
export function addAdapters({ network, values }: Imported, options: AdapterOptions): Imported {
  const products = findProducts(network).filter(({ name }) => !isAdapter(name));
  const chosen = chooseWeights(products, options);
  const free = createNamer(network);
  const plans = chosen.map((weight) => planAdapter(weight, { ...options, free }));
  const uses = new Map(plans.flatMap(({ uses }) => uses.map((use) => [use.product, use] as const)));
  return {
    network: {
      ...network,
      nodes: network.nodes.flatMap((node) => uses.get(node)?.nodes ?? [node]),
      statics: {
        ...network.statics,
        ...Object.fromEntries(plans.map(({ scaling, adapter }) => [scaling, toScalar(adapter.scale)])),
      },
      weights: [...network.weights, ...plans.flatMap(({ weights }) => weights)],
      adapters: plans.map(({ adapter }) => adapter),
    },
    values: [...values, ...plans.flatMap((plan) => plan.values)],
  };
}

/** Whether a weight is A or B of an adapter that the file holds, by its name, as we or PEFT write it. */
function isAdapter(name: string): boolean {
  return /(^|[./])lora_[AB]([._/]|$)/.test(name);
}

/** Those that a pattern fits and that are not trained. */
function chooseWeights(products: readonly ProductWeight[], options: AdapterOptions): ProductWeight[] {
  const { subject, target, rank } = options;
  const fits = ({ name, products }: ProductWeight, pattern: string) =>
    [name, ...products.map((node) => node.name)].some((candidate) => matchesPattern(candidate, pattern));
  for (const pattern of target) {
    const found = products.filter((weight) => fits(weight, pattern));
    if (found.length === 0) {
      const names = products.map(({ name }) => name);
      const shown = names.length > 8 ? [...names.slice(0, 4), "…", ...names.slice(-4)] : names;
      const known = shown.length === 0 ? "it has none" : shown.join(", ");
      throw new RangeRefusal(`${subject}: adapter target=${pattern} fits none of its products' weights: ${known}`);
    }
    if (found.every(({ isTrainable }) => isTrainable)) {
      throw new RangeRefusal(`${subject}: adapter target=${pattern} fits only weights that trainable= trains already`);
    }
  }
  const chosen = products.filter((weight) => !weight.isTrainable && target.some((pattern) => fits(weight, pattern)));
  for (const { name, shape } of chosen) {
    const [rows, columns] = [elementAt(shape, 0), elementAt(shape, 1)];
    if (rank > Math.max(rows, columns)) {
      const most = `at most ${Math.max(rows, columns)} for ${name} [${shape.join(", ")}]`;
      throw new RangeRefusal(`${subject}: adapter rank must be ${most}, got ${rank}`);
    }
  }
  return chosen;
}

/** Names that no value or weight has. */
interface Namer {
  /** As near to the one wanted as can be. */
  readonly one: (wanted: string) => string;
  /** Those of an adapter: WEIGHT.lora_A …, or WEIGHT.2.lora_A … where the network has an adapter there. */
  readonly adapter: (weight: string) => { readonly a: string; readonly b: string; readonly scaling: string };
}

function createNamer(network: ImportedNetwork): Namer {
  const taken = new Set([
    network.input.name,
    ...(network.parts ?? []).map(({ name }) => name),
    ...network.nodes.flatMap(({ outputs }) => outputs),
    ...Object.keys(network.statics),
    ...network.weights.map(({ name }) => name),
  ]);
  const one = (wanted: string) => {
    let name = wanted;
    for (let copy = 2; taken.has(name); copy++) name = `${wanted}_${copy}`;
    taken.add(name);
    return name;
  };
  const adapter = (weight: string) => {
    const list = (start: string) => ["lora_A", "lora_B", "lora_scaling"].map((end) => `${start}.${end}`);
    let start = weight;
    for (let copy = 2; list(start).some((name) => taken.has(name)); copy++) start = `${weight}.${copy}`;
    return { a: one(`${start}.lora_A`), b: one(`${start}.lora_B`), scaling: one(`${start}.lora_scaling`) };
  };
  return { one, adapter };
}

function planAdapter(weight: ProductWeight, options: AdapterOptions & { readonly free: Namer }) {
  const { rank, alpha, stream, free } = options;
  const { name, shape, outputAxis } = weight;
  const [inputs, outputs] = [elementAt(shape, 1 - outputAxis), elementAt(shape, outputAxis)];
  // Convolutions have axes of their windows, too.
  const window = shape.slice(2);
  const { a, b, scaling } = free.adapter(name);
  const scale = alpha / rank;
  const shapes = { a: [rank, inputs, ...window], b: [outputs, rank, ...window] };
  const bound = 1 / Math.sqrt(inputs);
  const drawn = Float32Array.from({ length: countElements(shapes.a) }, () => (2 * stream.uniform() - 1) * bound);
  const uses = weight.products.map((product) => adaptProduct(product, { a, b, scaling, scale, free }));
  const adapter: ImportedAdapter = {
    weight: name,
    a,
    b,
    scale,
    outputAxis,
    uses: uses.map(({ base, sum, added }) => ({ base, sum, added })),
  };
  return {
    adapter,
    uses,
    scaling,
    weights: [
      { name: a, shape: shapes.a, isTrainable: true },
      { name: b, shape: shapes.b, isTrainable: true },
    ],
    values: [drawn, new Float32Array(countElements(shapes.b))],
  };
}

function toScalar(value: number): ImportedNetwork["statics"][string] {
  return { isFloat: true, shape: [], values: [value] };
}

interface AdaptedProduct {
  readonly a: string;
  readonly b: string;
  readonly scaling: string;
  readonly scale: number;
  readonly free: Namer;
}

/** A product as what it was, beside the adapter's two, and the sum, which has the product's name. */
function adaptProduct(product: ImportedNode, { a, b, scaling, scale, free }: AdaptedProduct) {
  const sum = elementAt(product.outputs, 0);
  const x = elementAt(product.inputs, 0);
  const base = free.one(`${sum}/base`);
  const added: ImportedNode[] = [];
  const add = (op: string, inputs: string[], attributes: ImportedNode["attributes"] = {}) => {
    const output = free.one(`${sum}/lora_${added.length + 1}`);
    added.push({ op, name: output, inputs, outputs: [output], attributes });
    return output;
  };
  const turn = (matrix: string) => add("Transpose", [matrix], { perm: { kind: "ints", value: [1, 0] } });
  const last = () => {
    switch (product.op) {
      case "Gemm": {
        const { alpha, transA } = product.attributes;
        const factor = scale * (alpha?.kind === "float" ? alpha.value : 1);
        const transB = { kind: "int", value: 1 } as const;
        const low = add("Gemm", [x, a], { transB, ...(transA ? { transA } : {}) });
        return add("Gemm", [low, b], { transB, alpha: { kind: "float", value: factor } });
      }
      case "Conv": {
        const low = add("Conv", [x, a], product.attributes);
        return add("Conv", [add("Mul", [low, scaling]), b]);
      }
      default: {
        const low = add("MatMul", [x, turn(a)]);
        return add("MatMul", [add("Mul", [low, scaling]), turn(b)]);
      }
    }
  };
  const end = last();
  const nodes: ImportedNode[] = [
    ...added,
    { ...product, outputs: [base] },
    { op: "Add", name: `${sum}/lora`, inputs: [base, end], outputs: [sum], attributes: {} },
  ];
  return { product, nodes, base, sum, added: added.map(({ outputs }) => elementAt(outputs, 0)) };
}
