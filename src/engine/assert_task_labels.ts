import { elementAt } from "../core/element_at.ts";
import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { EngineInput } from "./engine.ts";

/**
 * Checks that every row's task label has a head.
 * @param head `headUnits` is the width of each head by task label; 0 stands for none.
 * @throws {RangeError} If there is not one label a row, or one of them has no head.
 */
export function assertTaskLabels(
  head: { readonly name: string; readonly headUnits: readonly number[] },
  { x, taskLabels }: Pick<EngineInput, "x" | "taskLabels">,
): void {
  const act = `the heads of ${head.name}`;
  const rows = elementAt(x.shape, 0);
  if (taskLabels.length !== rows) throw new RangeRefusal(needs(act, `${rows} task labels`, taskLabels.length));
  for (const label of taskLabels) {
    if ((head.headUnits[label] ?? 0) > 0) continue;
    const known = head.headUnits.flatMap((units, task) => (units > 0 ? [task] : []));
    throw new RangeRefusal(needs(act, `task labels that have a head (${known.join(", ")})`, label));
  }
}
