import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import { countColumns } from "../../onnx/layers/heads/progressive_columns.ts";

/** Class ids by task label: what an experience brings. */
export type ClassesByTask = ReadonlyMap<number, readonly number[]>;

/** A growing classifier of a model, as its topology says: the name of its layer and how wide it is. */
export type GrowingHead =
  | { readonly kind: "incremental"; readonly layer: string; readonly units: number }
  /** `headUnits` is the width of each head by task label; 0 stands for none. */
  | { readonly kind: "multi-head"; readonly layer: string; readonly headUnits: readonly number[] }
  /** A progressive network: `tasks` are the labels of its columns, oldest first, and `units` the width of each. */
  | { readonly kind: "progressive"; readonly layer: string; readonly units: number; readonly tasks: readonly number[] };

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
 * The head as wide as these classes need: the largest class id + 1, for the head of each task. It never shrinks. A
 * progressive network gets a column only where its task is to be trained.
 * @returns `head` itself if it is wide enough.
 * @throws {RangeError} If a progressive network is to be trained on several tasks at once, or on one whose column is
 * frozen.
 */
export function growHead(
  head: GrowingHead,
  classes: ClassesByTask,
  { isTraining = false }: { readonly isTraining?: boolean } = {},
): GrowingHead {
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
    case "progressive": {
      const units = Math.max(head.units, ...[...classes.values()].map(countUnits));
      const tasks = isTraining ? addColumn(head.tasks, [...classes.keys()]) : head.tasks;
      return units === head.units && tasks === head.tasks ? head : { ...head, units, tasks };
    }
  }
}

/** The columns' tasks with one for an experience of these labels, as the newest. */
function addColumn(tasks: readonly number[], labels: readonly number[]): readonly number[] {
  const act = "the progressive network";
  const [label, ...others] = labels;
  if (label === undefined || others.length > 0) {
    throw new RangeRefusal(needs(act, "experiences of one task label each", labels));
  }
  if (label === tasks.at(-1)) return tasks;
  if (!tasks.includes(label)) return [...tasks, label];
  const wanted = `a new task or that of the newest column, ${tasks.at(-1)}, as older columns are frozen`;
  throw new RangeRefusal(needs(act, wanted, label));
}

/**
 * Where in the head's `active`, row-major, these classes stand: those of tasks without a column nowhere. They must have
 * a unit.
 */
export function listUnits(head: GrowingHead, classes: ClassesByTask): number[] {
  switch (head.kind) {
    case "incremental":
      return [...classes.values()].flat();
    case "multi-head": {
      const [, units = 0] = shapeHead(head);
      return [...classes].flatMap(([task, ids]) => ids.map((id) => task * units + id));
    }
    case "progressive":
      return [...classes].flatMap(([task, ids]) => {
        const column = head.tasks.indexOf(task);
        return column < 0 ? [] : ids.map((id) => column * head.units + id);
      });
  }
}

/**
 * The shape of the head's `active`: [units], [tasks, units] or [columns, units]. But for a progressive network, the
 * bias has the same, and the kernel the features before the units.
 */
export function shapeHead(head: GrowingHead): number[] {
  switch (head.kind) {
    case "incremental":
      return [head.units];
    case "multi-head":
      return [head.headUnits.length, Math.max(...head.headUnits)];
    case "progressive":
      return [countColumns(head), head.units];
  }
}

/** The same model with these heads in place of those of their layers. */
export function growTopology(topology: ModelTopology, heads: readonly GrowingHead[]): ModelTopology {
  return mapLayers(topology, (layer) => {
    const head = heads.find((candidate) => candidate.layer === layer.config.name);
    if (!head || !readHead(layer)) return layer;
    return { ...layer, config: { ...layer.config, ...describeWidth(head) } };
  });
}

/**
 * A layer of a model, nested models included, as tfjs writes it. @throws {RangeError} If there is none of that name.
 */
export function findLayer(topology: ModelTopology, name: string): LayerJson {
  const found: LayerJson[] = [];
  mapLayers(topology, (layer) => {
    if (layer.config.name === name) found.push(layer);
    return layer;
  });
  const [layer] = found;
  if (layer) return layer;
  throw new RangeRefusal(needs("the model", "the name of a layer in the model", name));
}

/** A layer, or a model, as tfjs writes it. */
interface LayerJson {
  readonly class_name: string;
  readonly config: {
    readonly name?: unknown;
    readonly units?: unknown;
    readonly head_units?: unknown;
    readonly tasks?: unknown;
  };
}

/** What a layer's configuration says of its head. */
function describeWidth(head: GrowingHead) {
  switch (head.kind) {
    case "incremental":
      return { units: head.units };
    case "multi-head":
      return { head_units: head.headUnits };
    case "progressive":
      return { units: head.units, tasks: head.tasks };
  }
}

function readHead({ class_name, config }: LayerJson): GrowingHead | undefined {
  const layer = String(config.name);
  if (class_name === "IncrementalClassifier") return { kind: "incremental", layer, units: Number(config.units) };
  if (class_name === "ProgressiveNetwork" && Array.isArray(config.tasks)) {
    return { kind: "progressive", layer, units: Number(config.units), tasks: config.tasks.map(Number) };
  }
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
