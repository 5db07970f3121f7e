import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { createParameterLayout, type ParameterEntry, type ParameterLayout } from "../../core/parameter_layout.ts";
import { RandomStream } from "../../core/random_stream.ts";
import { remapVector } from "../../core/remap_vector.ts";
import { assertVectorsFit } from "../../core/vector_limit.ts";
import { drawColumnTensor } from "../draw_columns.ts";
import type { ModelSnapshot } from "../model_snapshot.ts";
import { type GrowingHead, growTopology, listGrowingHeads, shapeHead } from "./growing_head.ts";
import { growColumns } from "./progressive_growth.ts";

/**
 * The model with wider heads. Every old value keeps its place in its tensor; new kernels and biases are drawn as
 * PyTorch's linear layers are, from U(−1/√in, 1/√in), and new units are not active. What a unit is given depends on the
 * seed, its head and its number alone: an evaluation that makes a head wider earlier changes no training. The tensors
 * of columns that are trained no more go over from the parameters to the state; what they gain is zero.
 * @param heads What the heads are to be, none of them narrower than it is.
 * @returns A new model; the caller owns it.
 */
export function growSnapshot(
  snapshot: ModelSnapshot,
  { heads, seed }: { readonly heads: readonly GrowingHead[]; readonly seed: number },
): ModelSnapshot {
  const topology = growTopology(snapshot.topology, heads);
  const { layout, stateLayout } = growLayouts(snapshot, heads);
  const before = joinLayouts(snapshot.layout, snapshot.stateLayout);
  const after = joinLayouts(layout, stateLayout);
  // Both vectors are one here.
  assertVectorsFit("a model with heads this wide, layer state included,", {
    parameters: after.size,
    state: stateLayout.size,
  });
  const values = new Float32Array(before.size);
  values.set(snapshot.parameters);
  values.set(snapshot.state, snapshot.layout.size);
  const isOld = remapVector(new Float32Array(before.size).fill(1), { from: before, to: after });
  const drawn = new Float32Array(after.size);
  for (const head of heads) drawHead(head, layout.entries, { isOld, drawn, seed });
  const grown = remapVector(values, { from: before, to: after, into: drawn });
  return {
    topology,
    layout,
    stateLayout,
    parameters: grown.slice(0, layout.size),
    state: grown.slice(layout.size),
  };
}

/**
 * How many parameters and values of state a model with these heads has, and the shapes of all its weights as a text;
 * nothing is made.
 * @throws {RangeRefusal} If they are other heads than the model's.
 */
export function measureGrowth(
  model: Pick<ModelSnapshot, "topology" | "layout" | "stateLayout">,
  heads: readonly GrowingHead[],
): { readonly parameters: number; readonly state: number; readonly shapes: string } {
  const [own, given] = [listGrowingHeads(model.topology).map(nameHead), heads.map(nameHead)];
  if (own.join() !== given.join()) {
    throw new RangeRefusal(`the model's growing heads are ${describeValue(own)}, got ${describeValue(given)}`);
  }
  const { layout, stateLayout } = growLayouts(model, heads);
  const shapes = [layout, stateLayout].map(({ entries }) => entries.map(({ shape }) => shape));
  return { parameters: layout.size, state: stateLayout.size, shapes: JSON.stringify(shapes) };
}

function nameHead({ kind, layer }: GrowingHead): string {
  return `${kind} ${layer}`;
}

function growLayouts(
  { topology, ...before }: Pick<ModelSnapshot, "topology" | "layout" | "stateLayout">,
  heads: readonly GrowingHead[],
): Pick<ModelSnapshot, "layout" | "stateLayout"> {
  let { layout, stateLayout } = before;
  for (const head of heads) {
    if (head.kind === "progressive") ({ layout, stateLayout } = growColumns({ layout, stateLayout }, head, topology));
    else [layout, stateLayout] = [growLayout(layout, head), growLayout(stateLayout, head)];
  }
  return { layout, stateLayout };
}

/** The layout in which a head's tensors have the head's shapes: a kernel keeps its last axis but one, the features. */
function growLayout(layout: ParameterLayout, head: GrowingHead): ParameterLayout {
  const shape = shapeHead(head);
  return createParameterLayout(
    layout.entries.map((entry) => {
      switch (entry.name) {
        case `${head.layer}/kernel`:
          return { name: entry.name, shape: shape.toSpliced(-1, 0, elementAt(entry.shape, entry.shape.length - 2)) };
        case `${head.layer}/bias`:
        case `${head.layer}/active`:
          return { name: entry.name, shape };
        default:
          return entry;
      }
    }),
  );
}

function joinLayouts(layout: ParameterLayout, stateLayout: ParameterLayout): ParameterLayout {
  return createParameterLayout([...layout.entries, ...stateLayout.entries]);
}

interface Drawing {
  /** 1 where an old value goes [P + Q]. */
  readonly isOld: Float32Array;
  /** Where new values go [P + Q]. */
  readonly drawn: Float32Array;
  readonly seed: number;
}

/** Draws what is new of the head's trainable tensors, each from random numbers of its own. */
function drawHead(head: GrowingHead, entries: readonly ParameterEntry[], drawing: Drawing): void {
  const names = head.kind === "progressive" ? undefined : [`${head.layer}/kernel`, `${head.layer}/bias`];
  const own = entries.filter(({ name }) => (names ? names.includes(name) : name.startsWith(`${head.layer}/`)));
  const kernel = own.find(({ name }) => name === names?.[0]);
  const bound = kernel ? 1 / Math.sqrt(elementAt(kernel.shape, kernel.shape.length - 2)) : 1;
  for (const entry of own) {
    const blocks = head.kind === "multi-head" ? elementAt(entry.shape, 0) : 1;
    for (let block = 0; block < blocks; block++) {
      const random = new RandomStream(drawing.seed, `growth of ${entry.name}, ${block}`);
      const draw = names ? () => (2 * random.uniform() - 1) * bound : drawColumnTensor(entry, own, random);
      const size = entry.size / blocks;
      drawBlock(
        { offset: entry.offset + block * size, size, units: elementAt(entry.shape, entry.shape.length - 1) },
        drawing,
        draw,
      );
    }
  }
}

/** Unit after unit, those that are there included: what a unit is given does not depend on how many come with it. */
function drawBlock(
  { offset, size, units }: { readonly offset: number; readonly size: number; readonly units: number },
  { isOld, drawn }: Drawing,
  draw: () => number,
): void {
  for (let unit = 0; unit < units; unit++) {
    for (let i = offset + unit; i < offset + size; i += units) {
      const value = draw();
      if (isOld[i] === 0) drawn[i] = value;
    }
  }
}
