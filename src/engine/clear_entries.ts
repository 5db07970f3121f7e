import { type ParameterLayout, viewEntry } from "../core/parameter_layout.ts";
import { DeviceVector, type FlatVector } from "./device/device_vector.ts";

/** Zeroes the gradients of the parameters of these names. */
export function clearEntries(
  gradient: FlatVector,
  { entries }: Pick<ParameterLayout, "entries">,
  names: ReadonlySet<string>,
): void {
  for (const entry of entries) {
    if (!names.has(entry.name)) continue;
    if (gradient instanceof DeviceVector) gradient.clear(entry);
    else viewEntry(gradient, entry).fill(0);
  }
}
