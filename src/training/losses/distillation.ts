import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";

/** What is distilled, and how strongly. */
export interface Distillation {
  /** The outputs that teacher and student are compared on; all others are left alone. */
  readonly columns: readonly number[];
  /** T: how much softer both distributions are made. */
  readonly temperature: number;
  /** What the mean over the rows is multiplied by. */
  readonly weight: number;
  /** Rows [start, end). Default: all. */
  readonly rows?: { readonly start: number; readonly end: number };
}

/**
 * weight · mean over the rows of KL(softmax(t/T) ‖ softmax(z/T)), with t the teacher's and z the student's outputs [B,
 * C] in the chosen columns. Its gradient with respect to z, weight / (T · rows) · (softmax(z/T) − softmax(t/T)), is
 * added to `dOutput` [B, C].
 * @returns The loss.
 * @see Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network, arXiv:1503.02531
 */
export function addDistillation(
  student: HostTensor,
  teacher: HostTensor,
  { columns, temperature, weight, rows, dOutput }: Distillation & { readonly dOutput: Float32Array },
): number {
  const [count, width] = matrixShape(student.shape);
  const { start, end } = rows ?? { start: 0, end: count };
  const scale = weight / (end - start);
  const p = new Float64Array(columns.length);
  const q = new Float64Array(columns.length);
  let loss = 0;
  for (let row = start; row < end; row++) {
    const offset = row * width;
    const logNormalizer = soften(student.data, { offset, columns, temperature }, p);
    const logTeacherNormalizer = soften(teacher.data, { offset, columns, temperature }, q);
    for (const [i, column] of columns.entries()) {
      const at = offset + column;
      const [studentLog, teacherLog] = [
        (student.data[at] ?? 0) / temperature - logNormalizer,
        (teacher.data[at] ?? 0) / temperature - logTeacherNormalizer,
      ];
      const target = q[i] ?? 0;
      if (target > 0) loss += scale * target * (teacherLog - studentLog);
      dOutput[at] = (dOutput[at] ?? 0) + (scale / temperature) * ((p[i] ?? 0) - target);
    }
  }
  return loss;
}

/** Fills `probabilities` with softmax(values/T) of the columns, and returns log Σ exp(values/T). */
function soften(
  values: Float32Array,
  part: { readonly offset: number; readonly columns: readonly number[]; readonly temperature: number },
  probabilities: Float64Array,
): number {
  const { offset, columns, temperature } = part;
  for (const [i, column] of columns.entries()) probabilities[i] = (values[offset + column] ?? 0) / temperature;
  const logSum = logSumExp(probabilities);
  for (const [i, logit] of probabilities.entries()) probabilities[i] = Math.exp(logit - logSum);
  return logSum;
}
