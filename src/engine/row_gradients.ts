import type { RowMeasure } from "../onnx/row_measure.ts";
import type { Engine, EngineInput, RowGradientCall } from "./engine.ts";

/**
 * gradient ← Σ over the rows i of f(gᵢ), with gᵢ = (dOutputsᵢ/dParameters)ᵀ dOutputsᵢ [P] and f the measure: in one
 * pass where the engine can do that, else row by row.
 */
export async function sumRowGradients(engine: Engine, call: RowGradientCall): Promise<void> {
  if (await engine.sumRowGradients?.(call)) return;
  const { vectors, input, dOutputs, gradient } = call;
  const own = new Float32Array(gradient.length);
  const rows = input.taskLabels.length;
  // All rows go through the same memory, which engines know after the first.
  const row = createRow(input);
  const dOutput = new Float32Array(dOutputs.length / rows);
  gradient.fill(0);
  for (let i = 0; i < rows; i++) {
    copyRow(input.x.data, i, row.x.data);
    copyRow(input.taskLabels, i, row.taskLabels);
    if (input.samples && row.samples) {
      copyRow(input.samples.sourceIds, i, row.samples.sourceIds);
      copyRow(input.samples.rows, i, row.samples.rows);
    }
    copyRow(dOutputs, i, dOutput);
    await engine.backward(vectors, row, dOutput, own);
    addMeasured(gradient, own, call.measure);
  }
}

/** Room for one row of the input. */
function createRow(input: EngineInput): EngineInput {
  const { data, shape } = input.x;
  const [rows = 1, ...sampleShape] = shape;
  const x = { data: new Float32Array(data.length / rows), shape: [1, ...sampleShape] };
  const samples = { sourceIds: new Int32Array(1), rows: new Int32Array(1) };
  return { ...input, x, taskLabels: new Int32Array(1), ...(input.samples ? { samples } : {}) };
}

function copyRow<Row extends Float32Array | Int32Array>(rows: Row, index: number, row: Row): void {
  row.set(rows.subarray(index * row.length, (index + 1) * row.length));
}

function addMeasured(sum: Float32Array, gradient: Float32Array, measure: RowMeasure): void {
  switch (measure) {
    case "square":
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (gradient[i] ?? 0) ** 2;
      break;
    case "absolute":
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + Math.abs(gradient[i] ?? 0);
      break;
  }
}
