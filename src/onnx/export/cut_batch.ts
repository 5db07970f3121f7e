import type { ExportBatch } from "./export_session.ts";

/** A batch in parts of at most `rowsAtOnce` rows, which share its memory. */
export function* cutBatch(batch: ExportBatch, rowsAtOnce: number): Generator<ExportBatch> {
  const { data, shape, taskLabels } = batch;
  const [rows = 0, ...sampleShape] = shape;
  if (rows <= rowsAtOnce) {
    yield batch;
    return;
  }
  const size = data.length / rows;
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const end = Math.min(rows, start + rowsAtOnce);
    const part = { data: data.subarray(start * size, end * size), shape: [end - start, ...sampleShape] };
    yield taskLabels ? { ...part, taskLabels: taskLabels.subarray(start, end) } : part;
  }
}
