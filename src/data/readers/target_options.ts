import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { type OptionSchema, type OptionsOf, optional } from "../../core/options/option_schema.ts";
import { listOf, oneOf, text } from "../../core/options/value_rules.ts";
import { TARGET_KINDS } from "../float_targets.ts";

/** What the targets in files are. */
export const TARGET_OPTIONS = {
  targets: optional(
    listOf(text(1), 1),
    "regression: columns of CSV files that hold the numbers to predict, or names for the columns of y in arrays",
  ),
  labels: optional(
    listOf(text(1), 1),
    "several labels a sample: columns of CSV files that hold 0 or 1, or names for the columns of y in arrays",
  ),
  labelSeparator: optional(
    text(1),
    "several labels a sample: what stands between their names in the column of labels of CSV files",
  ),
  targetKind: optional(
    oneOf(TARGET_KINDS),
    "what y in arrays holds. Default: classes where it is whole numbers [N]; labels where it is 0 and 1 [N, T]; else values",
  ),
} satisfies OptionSchema;

/** What the targets in files are. */
export type TargetOptions = OptionsOf<typeof TARGET_OPTIONS>;

/** How targets are found in files. */
export type TargetPlan =
  /** One label a sample, in a column of its own; arrays decide by themselves what they hold unless `isSettled`. */
  | { readonly kind: "classes"; readonly isSettled: boolean }
  /** Numbers in columns; the names of the columns are not known for arrays without names. */
  | { readonly kind: "values" | "labels"; readonly columns: readonly string[] | undefined }
  /** Names of labels in one column. */
  | { readonly kind: "label names"; readonly separator: string };

/** @throws {RangeRefusal} If options contradict each other. */
export function planTargets(options: TargetOptions & { readonly labelColumn?: string | undefined }): TargetPlan {
  const { targets, labels, labelSeparator, targetKind, labelColumn } = options;
  assertAlone({ targets, labels, labelSeparator });
  const columns = targets ?? labels;
  if (columns && labelColumn !== undefined && labelColumn !== "label") {
    const option = targets ? "targets" : "labels";
    throw new RangeRefusal(`labelColumn is for classes, got ${describeValue(labelColumn)} beside ${option}`);
  }
  const twice = columns?.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeRefusal(`${targets ? "targets" : "labels"} has ${describeValue(twice)} twice`);
  const kind = targets ? "values" : labels || labelSeparator !== undefined ? "labels" : targetKind;
  if (targetKind !== undefined && targetKind !== kind) {
    const option = targets ? "targets" : labels ? "labels" : "labelSeparator";
    throw new RangeRefusal(
      `targetKind must be ${describeValue(kind)} beside ${option}, got ${describeValue(targetKind)}`,
    );
  }
  if (labelSeparator !== undefined) return { kind: "label names", separator: labelSeparator };
  if (kind === undefined || kind === "classes") return { kind: "classes", isSettled: kind !== undefined };
  return { kind, columns };
}

function assertAlone(options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length > 1) throw new RangeRefusal(`${given[0]} cannot be used with ${given[1]}`);
}
