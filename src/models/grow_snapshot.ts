import { createParameterLayout, type ParameterLayout } from "../core/parameter_layout.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { type LayoutChange, remapVector } from "../core/remap_vector.ts";
import { type GrowingHead, growTopology, shapeHead } from "./growing_head.ts";
import type { ModelSnapshot } from "./model_snapshot.ts";

/**
 * The model with wider heads. Every old value keeps its place in its tensor; new kernels and biases are drawn as PyTorch's
 * linear layers are, from U(−1/√in, 1/√in), the kernel's before the bias's, head by head; new units are not active.
 * @param heads What the heads are to be, none of them narrower than it is.
 * @returns A new model; the caller owns it.
 */
export function growSnapshot(
  snapshot: ModelSnapshot,
  { heads, random }: { readonly heads: readonly GrowingHead[]; readonly random: RandomStream },
): ModelSnapshot {
  const layout = growLayout(snapshot.layout, heads);
  const stateLayout = growLayout(snapshot.stateLayout, heads);
  return {
    topology: growTopology(snapshot.topology, heads),
    layout,
    stateLayout,
    parameters: growVector(snapshot.parameters, { from: snapshot.layout, to: layout, heads, random }),
    state: growVector(snapshot.state, { from: snapshot.stateLayout, to: stateLayout, heads, random }),
  };
}

/** The layout in which these heads' tensors have the heads' shapes: a kernel keeps its last axis but one, the features. */
function growLayout(layout: ParameterLayout, heads: readonly GrowingHead[]): ParameterLayout {
  const shapes = new Map<string, (before: readonly number[]) => number[]>();
  for (const head of heads) {
    const shape = shapeHead(head);
    shapes.set(`${head.layer}/kernel`, (before) => shape.toSpliced(-1, 0, before.at(-2) ?? 0));
    for (const name of ["bias", "active"]) shapes.set(`${head.layer}/${name}`, () => shape);
  }
  return createParameterLayout(
    layout.entries.map(({ name, shape }) => ({ name, shape: shapes.get(name)?.(shape) ?? shape })),
  );
}

interface VectorGrowth extends LayoutChange {
  readonly heads: readonly GrowingHead[];
  readonly random: RandomStream;
}

function growVector(vector: Float32Array, { from, to, heads, random }: VectorGrowth): Float32Array {
  const isOld = remapVector(new Float32Array(from.size).fill(1), { from, to });
  const grown = new Float32Array(to.size);
  for (const { layer } of heads) {
    const [kernel, bias] = ["kernel", "bias"].map((name) =>
      to.entries.find((entry) => entry.name === `${layer}/${name}`),
    );
    const bound = 1 / Math.sqrt(kernel?.shape.at(-2) ?? 1);
    for (const entry of [kernel, bias]) {
      for (let i = entry?.offset ?? 0; entry && i < entry.offset + entry.size; i++) {
        if (isOld[i] === 0) grown[i] = (2 * random.uniform() - 1) * bound;
      }
    }
  }
  return remapVector(vector, { from, to, into: grown });
}
