import type { ModelTopology } from "../engine/model_topology.ts";

/** Class ids by task label: what an experience brings. */
export type ClassesByTask = ReadonlyMap<number, readonly number[]>;

/** A growing classifier of a model, as its topology says: the name of its layer and how wide it is. */
export type GrowingHead =
  | { readonly kind: "incremental"; readonly layer: string; readonly units: number }
  /** `headUnits` is the width of each head by task label; 0 stands for none. */
  | { readonly kind: "multi-head"; readonly layer: string; readonly headUnits: readonly number[] };

/** The growing classifiers in a model, nested models included. */
export function listGrowingHeads(topology: ModelTopology): GrowingHead[] {
  const heads: GrowingHead[] = [];
  mapLayers(topology, (layer) => {
    const head = readHead(layer);
    if (head) heads.push(head);
    return layer;
  });
  return heads;
}

/**
 * The head as wide as these classes need: the largest class id + 1, for the head of each task. It never shrinks.
 * @returns `head` itself if it is wide enough.
 */
export function growHead(head: GrowingHead, classes: ClassesByTask): GrowingHead {
  switch (head.kind) {
    case "incremental": {
      const units = Math.max(head.units, ...[...classes.values()].map(countUnits));
      return units === head.units ? head : { ...head, units };
    }
    case "multi-head": {
      const tasks = Math.max(head.headUnits.length, ...[...classes.keys()].map((task) => task + 1));
      const headUnits = Array.from({ length: tasks }, (_, task) =>
        Math.max(head.headUnits[task] ?? 0, countUnits(classes.get(task) ?? [])),
      );
      const isSame =
        headUnits.length === head.headUnits.length && headUnits.every((u, task) => u === head.headUnits[task]);
      return isSame ? head : { ...head, headUnits };
    }
  }
}

/** Where in the head's `active`, row-major, these classes stand. They must have a unit. */
export function listUnits(head: GrowingHead, classes: ClassesByTask): number[] {
  switch (head.kind) {
    case "incremental":
      return [...classes.values()].flat();
    case "multi-head": {
      const [, units = 0] = shapeHead(head);
      return [...classes].flatMap(([task, ids]) => ids.map((id) => task * units + id));
    }
  }
}

/** The shape of the head's bias and `active`: [units] or [tasks, units]. Its kernel has the features before the units. */
export function shapeHead(head: GrowingHead): number[] {
  switch (head.kind) {
    case "incremental":
      return [head.units];
    case "multi-head":
      return [head.headUnits.length, Math.max(...head.headUnits)];
  }
}

/** The same model with these heads in place of those of their layers. */
export function growTopology(topology: ModelTopology, heads: readonly GrowingHead[]): ModelTopology {
  return mapLayers(topology, (layer) => {
    const head = heads.find((candidate) => candidate.layer === layer.config.name);
    if (!head || !readHead(layer)) return layer;
    const width = head.kind === "incremental" ? { units: head.units } : { head_units: head.headUnits };
    return { ...layer, config: { ...layer.config, ...width } };
  });
}

/** A layer, or a model, as tfjs writes it. */
interface LayerJson {
  readonly class_name: string;
  readonly config: { readonly name?: unknown; readonly units?: unknown; readonly head_units?: unknown };
}

function readHead({ class_name, config }: LayerJson): GrowingHead | undefined {
  const layer = String(config.name);
  if (class_name === "IncrementalClassifier") return { kind: "incremental", layer, units: Number(config.units) };
  if (class_name !== "MultiHeadClassifier" || !Array.isArray(config.head_units)) return undefined;
  return { kind: "multi-head", layer, headUnits: config.head_units.map(Number) };
}

/** The same JSON with every layer changed, from the outside in, wherever it stands. */
function mapLayers<Json>(value: Json, change: (layer: LayerJson) => LayerJson): Json;
function mapLayers(value: unknown, change: (layer: LayerJson) => LayerJson): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLayers(item, change));
  if (typeof value !== "object" || value === null) return value;
  const changed = isLayer(value) ? change(value) : value;
  return Object.fromEntries(Object.entries(changed).map(([key, item]) => [key, mapLayers(item, change)]));
}

function isLayer(value: object): value is LayerJson {
  const isNamed = "class_name" in value && typeof value.class_name === "string";
  return isNamed && "config" in value && typeof value.config === "object" && value.config !== null;
}

function countUnits(classes: readonly number[]): number {
  return Math.max(-1, ...classes) + 1;
}
