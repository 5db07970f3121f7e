import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { readLabelArray } from "./array_files.ts";
import { tabulateLabels } from "./label_table.ts";
import type { LabelledSamples } from "./labelled_samples.ts";
import { type NpyArray, parseNpy } from "./npy_reader.ts";
import { parseNpyTexts } from "./npy_text.ts";
import { labelByNothing } from "./sample_targets.ts";
import type { TargetPlan } from "./target_options.ts";

/** What is known of an array of targets. */
export interface TargetArrayOptions {
  /** What messages begin with: the file. */
  readonly subject: string;
  /** How many samples there are. */
  readonly rows: number;
  readonly plan: TargetPlan;
}

/**
 * Reads a .npy file of targets: an array as `readTargetArray` takes it, or text [rows], the names of classes.
 * @throws {SyntaxRefusal} If it is broken, its shape is another, or the plan says that targets are numbers.
 */
export function readTargetFile(
  bytes: Uint8Array,
  options: TargetArrayOptions,
): Pick<LabelledSamples, "labels" | "floatTargets"> {
  const { subject, rows, plan } = options;
  const texts = parseNpyTexts(bytes, subject);
  if (!texts) return readTargetArray(parseNpy(bytes, subject), options);
  if (plan.kind !== "classes") throw new SyntaxRefusal(`${subject}: targets must be numbers (${plan.kind}), got text`);
  if (texts.length === rows) return { labels: tabulateLabels(texts, subject) };
  throw new SyntaxRefusal(`${subject}: labels must have the shape [${rows}], got [${texts.length}]`);
}

/**
 * Reads an array of targets: whole numbers [rows] as labels of classes, numbers [rows] or [rows, T] as values, 0 and 1
 * [rows, T] as several labels a sample, unless the plan says what they are.
 * @throws {SyntaxRefusal} If its shape is another or a value is no such number; the message names the row.
 */
function readTargetArray(
  array: NpyArray,
  { subject, rows, plan }: TargetArrayOptions,
): Pick<LabelledSamples, "labels" | "floatTargets"> {
  const kind = chooseKind(array, subject, plan);
  if (kind === "classes") return { labels: readLabelArray(array, { subject, rows }) };
  const { shape, data } = array;
  const names = "columns" in plan ? plan.columns : undefined;
  const [length, width = 1] = shape;
  const isRight = shape.length <= 2 && length === rows && width > 0 && width === (names?.length ?? width);
  if (!isRight) {
    const columns = names?.length ?? "T";
    const allowed = names?.length === 1 ? `[${rows}] or [${rows}, 1]` : `[${rows}, ${columns}]`;
    const what = `${allowed}, ${kind} for each of ${rows} samples`;
    throw new SyntaxRefusal(`${subject}: targets must have the shape ${what}, got [${shape.join(", ")}]`);
  }
  const values = Float32Array.from(data);
  const astray = values.findIndex((value) =>
    kind === "labels" ? value !== 0 && value !== 1 : !Number.isFinite(value),
  );
  if (astray >= 0) {
    const wanted = kind === "labels" ? "0 or 1" : "a finite float32 number";
    const place = `${subject}, row ${Math.floor(astray / width)}`;
    throw new SyntaxRefusal(`${place}: target ${astray % width} must be ${wanted}, got ${data[astray]}`);
  }
  const floatTargets = { kind, data: values, width, ...(names ? { names } : {}) };
  return { labels: labelByNothing(rows), floatTargets };
}

function chooseKind({ shape, data }: NpyArray, subject: string, plan: TargetPlan): "classes" | "values" | "labels" {
  if (plan.kind === "label names") {
    throw new SyntaxRefusal(`${subject}: labelSeparator is for CSV files`);
  }
  if (plan.kind !== "classes") return plan.kind;
  if (plan.isSettled) return "classes";
  if (shape.length === 2 && countElements(shape) > 0) {
    return data.every((value) => value === 0 || value === 1) ? "labels" : "values";
  }
  // Labels may be stored as floats, too; a fraction is none.
  const hasFraction = data.some((value) => Number.isFinite(value) && !Number.isInteger(value));
  return shape.length === 1 && hasFraction ? "values" : "classes";
}
