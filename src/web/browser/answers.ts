import type { BrowserFunction } from "../assemble_script.ts";
import type { DescribedModel } from "./image_form.ts";

/** What a model says of one sample, in words. */
export interface ReadableAnswer {
  /** The predicted class, labels or number. */
  readonly title: string;
  /** The best columns, the best first. */
  readonly lines: readonly AnswerLine[];
}

/** A column of the outputs. */
export interface AnswerLine {
  readonly name: string;
  readonly text: string;
  /** From 0 to 1, where it is a share. */
  readonly share: number | undefined;
}

/** Reads a row of outputs by what the file says they are: scores of classes, of labels, or numbers. */
export function readAnswer(outputs: readonly number[], { class_names, parameters }: DescribedModel): ReadableAnswer {
  const most = 3;
  const targets = parameters["firn.targets"];
  const names = targets === undefined ? class_names : readNames(parameters["firn.target_names"]);
  const nameOf = (column: number) => names?.[column] ?? String(column);
  const columns = outputs.map((_, column) => column);
  if (targets === "values") {
    const lines = columns
      .slice(0, most)
      .map((c) => ({ name: nameOf(c), text: formatNumber(outputs[c]), share: undefined }));
    return { title: lines[0]?.text ?? "", lines };
  }
  const isShare = givesShares(parameters);
  const toShares =
    targets === "labels" ? (row: readonly number[]) => row.map((value) => 1 / (1 + Math.exp(-value))) : softmax;
  const shares = isShare ? outputs : toShares(outputs);
  const best = columns.sort((a, b) => (outputs[b] ?? 0) - (outputs[a] ?? 0) || a - b);
  const there = targets === "labels" ? best.filter((c) => (outputs[c] ?? 0) > (isShare ? 0.5 : 0)) : best.slice(0, 1);
  return {
    title: there.map(nameOf).join(", ") || "none",
    lines: best.slice(0, most).map((c) => {
      const share = shares[c] ?? 0;
      return { name: nameOf(c), text: `${(100 * share).toFixed(1)} %`, share };
    }),
  };
}

/** Whether outputs are probabilities already: a file that left as its network came may end with those. */
function givesShares(parameters: Readonly<Record<string, string>>): boolean {
  try {
    const ending = JSON.parse(parameters["firn.original"] ?? "{}").probabilities?.at(-1);
    return ending === "Softmax" || ending === "Sigmoid";
  } catch {
    return false;
  }
}

/** exp(x − max) / Σ */
export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function readNames(text: string | undefined): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text ?? "null");
    return Array.isArray(names) ? names.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/** Five digits at the most. */
export function formatNumber(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(5)));
}

/** What a page needs of this file. */
export const ANSWER_FUNCTIONS: readonly BrowserFunction[] = [readAnswer, givesShares, softmax, readNames, formatNumber];
