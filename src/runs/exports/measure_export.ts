import { elementAt } from "../../core/element_at.ts";
import { type ExportBatch, ExportSession } from "../../onnx/export/export_session.ts";
import { createInputForm } from "../../onnx/export/input_form.ts";
import { decodeModel } from "../../onnx/file/decode_model.ts";

/** What an exported file costs those who use it. */
export interface ExportCost {
  readonly bytes: number;
  /** Median milliseconds of a call, by the number of samples. */
  readonly msByRows: ReadonlyMap<number, number>;
}

const REPETITIONS = 15;

/**
 * Times an exported file on batches of samples, given as the run's own file takes them.
 * @param tensorBytes What stands in the file beside it.
 */
export async function measureExport(
  path: string,
  bytes: Uint8Array,
  { batches, tensorBytes = 0 }: { readonly batches: readonly ExportBatch[]; readonly tensorBytes?: number },
): Promise<ExportCost> {
  const toForm = createInputForm(decodeModel(bytes).metadata);
  const session = await ExportSession.open(path);
  const msByRows = new Map<number, number>();
  try {
    for (const batch of batches.map(toForm)) {
      await session.run(batch);
      const times: number[] = [];
      for (let i = 0; i < REPETITIONS; i++) {
        const start = performance.now();
        await session.run(batch);
        times.push(performance.now() - start);
      }
      times.sort((a, b) => a - b);
      msByRows.set(elementAt(batch.shape, 0), elementAt(times, REPETITIONS >> 1));
    }
  } finally {
    await session.close();
  }
  return { bytes: bytes.length + tensorBytes, msByRows };
}
