import { describeChoice, describeValue, needs, RangeRefusal } from "../core/errors/errors.ts";

/**
 * What a sample's target is: the id of its class, numbers that a model is to meet (regression), or 0 or 1 for each of
 * several labels.
 */
export type TargetKind = "classes" | "values" | "labels";

/** Every kind of target, for a criterion that takes any. */
export const TARGET_KINDS = ["classes", "values", "labels"] as const satisfies readonly TargetKind[];

/** What a kind is called where it is wanted. */
export const TARGET_WORDS: Readonly<Record<TargetKind, string>> = {
  classes: "class ids",
  values: "values (regression)",
  labels: "several labels a sample",
};

/** Class ids alone. */
export const CLASSES_ONLY: readonly TargetKind[] = ["classes"];

/** Targets of all rows of a data source that are numbers rather than class ids. */
export interface FloatTargets {
  readonly kind: Exclude<TargetKind, "classes">;
  /** [rows, width], row-major; values are finite, labels are 0 or 1. */
  readonly data: Float32Array<SharedArrayBuffer>;
  /** Numbers a sample, at least 1: as many as the model's outputs. */
  readonly width: number;
  /** What each column is, where it has a name [width]. */
  readonly names?: readonly string[] | undefined;
}

/** The form of a data set's targets: what samples must have in common to be in one minibatch. */
export interface TargetForm extends Pick<FloatTargets, "names"> {
  readonly kind: TargetKind;
  /** Numbers a sample; 0 for class ids. */
  readonly width: number;
}

/** The form of targets that are class ids. */
export const CLASS_FORM: TargetForm = { kind: "classes", width: 0 };

/** "class ids", "3 values a sample" or "1 label a sample": a form in words. */
export function describeTargetForm({ kind, width }: TargetForm): string {
  if (kind === "classes") return "class ids";
  return `${width} ${width === 1 ? kind.slice(0, -1) : kind} a sample`;
}

/**
 * @param name Of the source, for messages.
 * @param rows How many samples there are.
 * @throws {RangeRefusal} If there is not one row of targets a sample, or one is not finite, or a label not 0 or 1.
 */
export function assertFloatTargets(name: string, { kind, data, width, names }: FloatTargets, rows: number): void {
  const kinds = TARGET_KINDS.filter((known) => known !== "classes");
  if (!kinds.includes(kind)) {
    throw new RangeRefusal(`${name}: the kind of float targets must be ${describeChoice(kinds)}, got ${kind}`);
  }
  if (!Number.isInteger(width) || width < 1) {
    throw new RangeRefusal(`${name}: the width of float targets must be a whole number of at least 1, got ${width}`);
  }
  if (data.length !== rows * width) {
    throw new RangeRefusal(needs(`data source ${name}`, `${rows} rows of ${width} ${kind} as targets`, data.length));
  }
  if (names && names.length !== width) {
    throw new RangeRefusal(needs(`data source ${name}`, `a name for each of ${width} targets`, names));
  }
  const isRight = kind === "labels" ? isLabel : Number.isFinite;
  const astray = data.findIndex((value) => !isRight(value));
  if (astray < 0) return;
  const column = names?.[astray % width];
  const place = column === undefined ? `target ${astray % width}` : `the target ${describeValue(column)}`;
  const wanted = kind === "labels" ? "0 or 1" : "a finite float32 number";
  throw new RangeRefusal(`${name}, row ${Math.floor(astray / width)}: ${place} must be ${wanted}, got ${data[astray]}`);
}

function isLabel(value: number): boolean {
  return value === 0 || value === 1;
}
