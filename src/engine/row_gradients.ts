import { elementAt } from "../core/element_at.ts";
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
  const rows = elementAt(input.x.shape, 0);
  const width = dOutputs.length / rows;
  gradient.fill(0);
  for (let row = 0; row < rows; row++) {
    await engine.backward(vectors, takeRow(input, row), dOutputs.slice(row * width, (row + 1) * width), own);
    addMeasured(gradient, own, call.measure);
  }
}

function takeRow(input: EngineInput, row: number): EngineInput {
  const { data, shape } = input.x;
  const size = data.length / elementAt(shape, 0);
  return {
    ...input,
    x: { data: data.slice(row * size, (row + 1) * size), shape: [1, ...shape.slice(1)] },
    taskLabels: input.taskLabels.slice(row, row + 1),
  };
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
