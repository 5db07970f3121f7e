import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";
import type { ParameterEntry, ParameterLayout } from "../../core/parameter_layout.ts";

/** Elements of a flat vector, `end` left out. */
export interface ParameterRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the parameters lie that `excluded` does not name. A name is a tensor's ("fc0/kernel") or a layer's ("fc0"),
 * which stands for all its tensors.
 * @throws {RangeError} If a name fits no parameter; the message starts with `act`.
 */
export function listIncludedRanges(
  act: string,
  layout: ParameterLayout,
  excluded: readonly string[],
): readonly ParameterRange[] {
  for (const name of excluded) {
    if (layout.entries.some((entry) => isNamed(entry, name))) continue;
    const names = layout.entries.map((entry) => entry.name);
    throw new RangeRefusal(`${act}: ${describeUnknownName("parameter", name, names)}`);
  }
  return layout.entries
    .filter((entry) => !excluded.some((name) => isNamed(entry, name)))
    .map(({ offset, size }) => ({ start: offset, end: offset + size }));
}

function isNamed(entry: ParameterEntry, name: string): boolean {
  return entry.name === name || entry.name.startsWith(`${name}/`);
}
