import { elementAt, valueAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { GraphBuilder } from "../../graph_builder.ts";
import { sampleShapeOf } from "../../shape.ts";
import { declareTensors } from "../../topology/tensor_sources.ts";
import type { Imported } from "../import_network.ts";
import type { ImportedValue } from "../import_step.ts";
import type { ImportedNetwork } from "../imported_network.ts";
import { replayNetwork } from "../replay_network.ts";

/** A network in two: the part below the first trained weight, and the rest, which takes what the first gives. */
export interface SplitNetwork {
  readonly frozen: Imported;
  /** The shape of what the frozen part gives for one sample. */
  readonly shape: readonly number[];
  readonly trained: Imported;
}

/**
 * Cuts a network at the last value that everything behind it depends on and that no trained weight has had a part in:
 * what stands before it gives the same at every step. Shapes and indices that were worked out before the cut become
 * numbers of the second part.
 * @returns Undefined where nothing is trained, or no weights stand before such a value.
 */
export function splitNetwork({ network, values }: Imported, sampleShape: readonly number[]): SplitNetwork | undefined {
  const trained = new Set(network.weights.flatMap(({ name, isTrainable }) => (isTrainable ? [name] : [])));
  const first = network.nodes.findIndex(({ inputs }) => inputs.some((name) => trained.has(name)));
  if (first <= 0) return undefined;
  const known = describeValues(network, sampleShape);
  const cut = findCut(network, { first, known });
  if (!cut) return undefined;
  const [below, behind] = [network.nodes.slice(0, cut.end), network.nodes.slice(cut.end)];
  const weightNames = new Set(network.weights.map(({ name }) => name));
  if (!below.some(({ inputs }) => inputs.some((name) => weightNames.has(name)))) return undefined;
  const input = { name: cut.name, shape: [...cut.shape] };
  return {
    frozen: select({ network, values }, { nodes: below, output: cut.name, known }),
    shape: cut.shape,
    trained: select({ network, values }, { nodes: behind, input, known }),
  };
}

type KnownValues = ReadonlyMap<string, ImportedValue & { readonly shape?: readonly number[] | undefined }>;

/** What becomes of every value, and the shape of one sample's part of those that have one. */
function describeValues(network: ImportedNetwork, sampleShape: readonly number[]): KnownValues {
  const shapes = new Map(network.weights.map(({ name, shape }) => [`network/${name}`, shape]));
  const graph = new GraphBuilder(declareTensors((name) => valueAt(shapes, name)));
  const x = graph.input("samples", { shape: ["N", ...sampleShape], dataType: "float32" }, { kind: "samples" });
  const known = new Map<string, ImportedValue & { readonly shape?: readonly number[] | undefined }>();
  const onValue = (name: string, value: ImportedValue) => {
    known.set(name, value.kind === "value" ? { ...value, shape: readSampleShape(value.name, graph) } : value);
  };
  replayNetwork(network, { layer: "network", x, mode: "train", onValue }, graph);
  return known;
}

/** Undefined where the first axis is not that of the rows, or values are not floats, or an output is not computed. */
function readSampleShape(name: string, graph: GraphBuilder): readonly number[] | undefined {
  if (name === "") return undefined;
  const { shape, dataType } = graph.typeOf(name);
  if (shape[0] !== "N" || shape.length < 2 || dataType !== "float32") return undefined;
  try {
    return sampleShapeOf(shape);
  } catch (error) {
    if (error instanceof RangeRefusal) return undefined;
    throw error;
  }
}

interface Cut {
  readonly name: string;
  readonly shape: readonly number[];
  /** How many nodes stand before it. */
  readonly end: number;
}

/** The last place before the first trained weight that one value alone crosses. */
function findCut(
  { nodes, input, parts = [], output }: ImportedNetwork,
  { first, known }: { readonly first: number; readonly known: KnownValues },
): Cut | undefined {
  const lastUse = new Map<string, number>([[output, nodes.length]]);
  for (const [i, node] of nodes.entries()) {
    for (const name of node.inputs) lastUse.set(name, Math.max(i, lastUse.get(name) ?? 0));
  }
  const makers = new Set(nodes.flatMap(({ outputs }) => outputs));
  const crosses = (name: string, end: number) => {
    const kind = known.get(name)?.kind;
    return (kind === "value" || kind === "rows") && (lastUse.get(name) ?? -1) >= end;
  };
  for (let end = first; end > 0; end--) {
    const made = [
      input.name,
      ...parts.map(({ name }) => name),
      ...nodes.slice(0, end).flatMap(({ outputs }) => outputs),
    ];
    const crossing = made.filter((name) => crosses(name, end));
    const [name = "", ...others] = crossing;
    const shape = known.get(name)?.shape;
    if (makers.has(name) && others.length === 0 && shape) return { name, shape, end };
  }
  return undefined;
}

/** Some nodes of a network as one of their own, with the weights and numbers that they take. */
function select(
  { network, values }: Imported,
  part: {
    readonly nodes: ImportedNetwork["nodes"];
    readonly input?: ImportedNetwork["input"];
    readonly output?: string;
    readonly known: KnownValues;
  },
): Imported {
  const { nodes, known, input = network.input, output = network.output } = part;
  const { parts, adapters, origin, ...rest } = network;
  const isFirst = part.input === undefined;
  const ofRows = isFirst && parts ? { parts } : {};
  const made = new Set([
    input.name,
    ...(ofRows.parts ?? []).map(({ name }) => name),
    ...nodes.flatMap(({ outputs }) => outputs),
  ]);
  const taken = new Set(nodes.flatMap(({ inputs }) => inputs).filter((name) => !made.has(name)));
  const statics: ImportedNetwork["statics"] = {};
  for (const name of taken) {
    const value = known.get(name);
    if (value?.kind !== "static") continue;
    const { isFloat, shape, values: numbers } = value.tensor;
    const { dataType } = network.statics[name] ?? {};
    statics[name] = { isFloat, shape: [...shape], values: [...numbers], ...(dataType ? { dataType } : {}) };
  }
  const adapted = adapters?.filter(({ weight }) => taken.has(weight)) ?? [];
  const places = network.weights.flatMap(({ name }, i) => (taken.has(name) ? [i] : []));
  return {
    network: {
      ...rest,
      ...ofRows,
      ...(isFirst && origin ? { origin } : {}),
      ...(adapted.length > 0 ? { adapters: adapted } : {}),
      input,
      output,
      nodes,
      statics,
      weights: places.map((i) => elementAt(network.weights, i)),
    },
    values: places.map((i) => elementAt(values, i)),
  };
}
