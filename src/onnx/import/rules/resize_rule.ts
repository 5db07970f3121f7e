import { elementAt } from "../../../core/element_at.ts";
import { type Attributes, ints, string } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { createResizing, type Resizing } from "../../ops/resizing_matrix.ts";
import { resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { multiply } from "./matrix_rules.ts";

/** Larger and smaller images. */
export const resizeRules: ImportRules = { Resize: resize, Upsample: resize };

/** The nearest values by whole factors are an operator of ours; everything else is a product with a matrix an axis. */
function resize(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const shape = graph.shapeOf(x);
  const axes = readAxes(step, shape.map(Number));
  for (const { axis, scale } of axes) {
    if (scale !== 1 && typeof shape[axis] !== "number") throw step.refuse("rows of the batch cannot be resized");
  }
  if (step.int("antialias", 0) === 1) throw step.refuse("antialias has no rule");
  const resizings = axes.map(({ axis, scale, to }): Resizing & { readonly axis: number } => ({
    axis,
    from: Number(elementAt(shape, axis)),
    to,
    scale,
    ...readMode(step),
  }));
  const changed = resizings.filter(({ from, to, scale }) => !Number.isNaN(from) && (from !== to || scale !== 1));
  const matrices = changed.map((resizing) => ({ ...resizing, matrix: createResizing(resizing) }));
  if (matrices.every(isRepetition) && shape.length === 4 && matrices.every(({ axis }) => axis > 1)) {
    const scales = shape.map((_, axis) => matrices.find((one) => one.axis === axis)?.scale ?? 1);
    return graph.node("Resize", [x, "", graph.constant(scales)], NEAREST);
  }
  return matrices.reduce((y, { axis, from, to, matrix }) => {
    const order = graph.shapeOf(y).map((_, i) => i);
    const swapped = order.with(axis, order.length - 1).with(order.length - 1, axis);
    const turn = (value: ValueName) => graph.node("Transpose", [value], { perm: ints(swapped) });
    return turn(multiply(step, turn(y), graph.constant(matrix, [from, to])));
  }, x);
}

const NEAREST: Attributes = {
  mode: string("nearest"),
  coordinate_transformation_mode: string("asymmetric"),
  nearest_mode: string("floor"),
};

/** Whether each value is repeated `scale` times. */
function isRepetition({ from, to, scale, matrix }: Resizing & { readonly matrix: readonly number[] }): boolean {
  if (to !== from * scale) return false;
  return matrix.every((share, i) => share === Number(Math.floor((i % to) / scale) === Math.floor(i / to)));
}

function readMode(step: ImportStep): Pick<Resizing, "mode" | "coordinates" | "rounding" | "cubicCoefficient"> {
  const isOld = step.node.op === "Upsample" || step.opset < 11;
  const policy = step.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") throw step.refuse(`keep_aspect_ratio_policy ${policy} has no rule`);
  if (step.int("exclude_outside", 0) === 1) throw step.refuse("exclude_outside has no rule");
  return {
    mode: step.text("mode", "nearest"),
    coordinates: step.text("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel"),
    rounding: step.text("nearest_mode", isOld ? "floor" : "round_prefer_floor"),
    cubicCoefficient: step.float("cubic_coeff_a", -0.75),
  };
}

/** By factors, or to lengths, of all axes or of those that are named. */
function readAxes(
  step: ImportStep,
  lengths: readonly number[],
): { readonly axis: number; readonly scale: number; readonly to: number }[] {
  const named = step.ints("axes")?.map((axis) => resolveAxis(axis, lengths.length)) ?? lengths.map((_, axis) => axis);
  const scales = step.numbers(step.node.op === "Upsample" || step.opset < 11 ? 1 : 2) ?? [];
  if (scales.length > 0) {
    return named.map((axis, i) => {
      const scale = elementAt(scales, i);
      return { axis, scale, to: Math.floor(elementAt(lengths, axis) * scale) };
    });
  }
  const sizes = step.has(3) ? step.lengths(3) : [];
  return named.map((axis, i) => {
    const [from, size] = [elementAt(lengths, axis), elementAt(sizes, i)];
    // A length that depends on the batch is the batch's own.
    const to = typeof size === "number" ? size : from;
    return { axis, scale: typeof size === "number" ? to / from : 1, to };
  });
}
