import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";

/** What the layer "standardization" of a strategy's model knows of the data, in all the digits that its state holds. */
export function readExactly(strategy: Pick<BaseStrategy, "cluster">) {
  const [mean, rest, count] = ["data_mean", "data_rest", "data_count"].map((tensor) => read(strategy, tensor));
  const features = mean?.length ?? 0;
  const add = (a: number | undefined, b: number | undefined) => (a ?? 0) + (b ?? 0);
  return {
    count: add(count?.[0], count?.[1]),
    mean: mean?.map((value, c) => add(value, rest?.[c])) ?? [],
    variance: mean?.map((_, c) => add(rest?.[features + c], rest?.[2 * features + c]) ** 2) ?? [],
    scale: read(strategy, "data_scale"),
  };
}

function read({ cluster }: Pick<BaseStrategy, "cluster">, tensor: string): number[] {
  return [...viewEntry(cluster.state, findEntry(cluster.model.stateLayout, `standardization/${tensor}`))];
}
