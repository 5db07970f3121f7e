import { elementAt } from "../../core/element_at.ts";
import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder, TensorSource } from "../graph_builder.ts";
import { addTaskCondition } from "../layers/input.ts";
import type { ModelSpec } from "../layers/layer_spec.ts";

/** Which parameters count for a sample, by its task label; the others are 0. */
export interface TaskParameters {
  /** Whom each parameter belongs to [P], counted from 1; 0 for those that always count. */
  readonly owners: Float32Array;
  /** The last owner whose parameters count, by task label. */
  readonly lastOwners: ReadonlyMap<number, number>;
  /** The same for all other labels. */
  readonly lastOwner: number;
}

/** The last owners that occur, each once, the one of unknown labels first. */
export function listLastOwners({ lastOwners, lastOwner }: TaskParameters): readonly number[] {
  return [...new Set([lastOwner, ...lastOwners.values()])];
}

/** A source of parameters of which those that belong to later owners are 0. */
export function hideLaterOwners(
  source: TensorSource,
  { spec, owners, lastOwner }: { readonly spec: ModelSpec; readonly owners: Float32Array; readonly lastOwner: number },
): TensorSource {
  const hidden = new Map<string, ValueName>();
  return (name, graph) => {
    const known = hidden.get(name);
    if (known !== undefined) return known;
    const value = source(name, graph);
    const isParameter = spec.layout.entries.some((entry) => entry.name === name);
    const own = isParameter ? viewEntry(owners, findEntry(spec.layout, name)) : new Float32Array(0);
    if (!own.some((owner) => owner > lastOwner)) return value;
    const table = graph.initializer(`${name}/owners`, findEntry(spec.layout, name).shape, own);
    const isLater = graph.node("Greater", [table, graph.constant(lastOwner)]);
    const masked = graph.node("Where", [isLater, graph.constant(0), value]);
    hidden.set(name, masked);
    return masked;
  };
}

/**
 * Of one value [N, D] for each last owner, in the order of `listLastOwners`, every row's own by its task label: [N, D].
 */
export function chooseByTask(values: readonly ValueName[], tasks: TaskParameters, graph: GraphBuilder): ValueName {
  let [chosen = ""] = values;
  const owners = listLastOwners(tasks);
  for (const [label, owner] of tasks.lastOwners) {
    if (owner === tasks.lastOwner) continue;
    chosen = graph.node("Where", [addTaskCondition(label, graph), elementAt(values, owners.indexOf(owner)), chosen]);
  }
  return chosen;
}
