import { elementAt } from "../../../core/element_at.ts";
import type { ImportedNetwork } from "../imported_network.ts";

/** The nodes of a network as they were before `addAdapters`; the weights and numbers of the adapters stay listed. */
export function withoutAdapters({ adapters = [], ...network }: ImportedNetwork): ImportedNetwork {
  const uses = adapters.flatMap((adapter) => adapter.uses);
  const added = new Set(uses.flatMap((use) => [...use.added, use.sum]));
  const sums = new Map(uses.map(({ base, sum }) => [base, sum]));
  const nodes = network.nodes
    .filter(({ outputs }) => !added.has(elementAt(outputs, 0)))
    .map((node) => ({ ...node, outputs: node.outputs.map((name) => sums.get(name) ?? name) }));
  return { ...network, nodes };
}
