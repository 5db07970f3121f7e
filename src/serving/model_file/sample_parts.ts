import { LAYOUT_KEY } from "../../onnx/export/input_form.ts";
import { ORIGINAL_KEY, type OriginalForm, parseOriginalForm } from "../../onnx/export/original/original_form.ts";
import { TASK_LABELS_NAME } from "../../onnx/layers/input.ts";

/** Which values of a sample an input takes: those from a place on, or one number throughout. */
export type SamplePart = { readonly name: string; readonly rowLength: number } & (
  | { readonly from: number }
  | { readonly fill: number }
);

/** How the values of a sample, one after another, are divided among a model's inputs. */
export interface SampleParts {
  /** One for each input that takes samples, in the model's order. */
  readonly parts: readonly SamplePart[];
  /** Values of a sample. */
  readonly rowLength: number;
}

/** An input of a model. */
interface DividedInput {
  readonly name: string;
  readonly rowLength: number;
}

type Metadata = Readonly<Record<string, string>>;

/**
 * Divides samples among the inputs of a model. A file that left as its network came says where each input begins;
 * those of others follow each other in the file's order. Task labels are no part of samples.
 */
export function divideSamples(inputs: readonly DividedInput[], metadata: Metadata): SampleParts {
  const own = new Map(readOriginal(metadata)?.inputs.map(({ name, place }) => [name, place] as const));
  let rowLength = 0;
  const parts = inputs
    .filter(({ name }) => name !== TASK_LABELS_NAME)
    .map(({ name, rowLength: length }): SamplePart => {
      const place = own.get(name) ?? { from: rowLength };
      if ("from" in place) rowLength = Math.max(rowLength, place.from + length);
      return { name, rowLength: length, ...place };
    });
  return { parts, rowLength };
}

/** What was done to the order of a sample's values before a file takes them, as its metadata say. */
export function readChange(metadata: Metadata): OriginalForm["change"] {
  return readOriginal(metadata)?.change ?? (metadata[LAYOUT_KEY] === "nchw" ? "channelsFirst" : "none");
}

/** Undefined where the metadata say nothing of it, or something else. */
function readOriginal(metadata: Metadata): OriginalForm | undefined {
  const text = metadata[ORIGINAL_KEY];
  if (text === undefined) return undefined;
  try {
    return parseOriginalForm(text);
  } catch {
    return undefined;
  }
}
