import { escapeControls } from "../../core/errors/printable.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import { callback, required } from "../../core/options/value_rules.ts";
import type { Experience } from "../../streams/experience.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import { isMatrix, type MetricData } from "../metric_data.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

/** Writes what happens as lines of text: starts and ends, and at every end the newest metrics sorted by key. */
export class TextLogger implements Logger {
  readonly #write: (text: string) => unknown;
  readonly #newest = new Map<string, MetricData>();

  /**
   * `write` gets whole lines, each ended by a newline.
   * @throws {TypeError} If it is no function.
   */
  constructor(options: { readonly write: (text: string) => unknown }) {
    assertOptions("TextLogger", options, { write: required(callback()) });
    this.#write = options.write;
  }

  logMetrics(values: readonly MetricValue[]): void {
    for (const { key, value } of values) this.#newest.set(key, value);
  }

  beforeTraining(): void {
    this.#write("-- >> Training starts << --\n");
  }

  beforeTrainingExp({ experience }: EvaluatedStrategy): void {
    this.#write(`-- Training on ${describeExperience(experience)} --\n`);
  }

  afterTrainingEpoch({ clock }: EvaluatedStrategy): void {
    this.#write(`Epoch ${clock.trainExpEpochs} ended.\n${this.#takeMetrics()}`);
  }

  afterTrainingExp(): void {
    this.#writeMetrics();
  }

  afterTraining(): void {
    this.#write(`-- >> Training ended << --\n${this.#takeMetrics()}`);
  }

  beforeEval(): void {
    this.#writeMetrics();
    this.#write("-- >> Evaluation starts << --\n");
  }

  beforeEvalExp({ experience }: EvaluatedStrategy): void {
    this.#write(`-- Evaluating ${describeExperience(experience)} --\n`);
  }

  afterEvalExp({ experience }: EvaluatedStrategy): void {
    this.#write(`> Evaluated ${describeExperience(experience)}.\n${this.#takeMetrics()}`);
  }

  afterEval(): void {
    this.#write(`-- >> Evaluation ended << --\n${this.#takeMetrics()}`);
  }

  #writeMetrics(): void {
    if (this.#newest.size > 0) this.#write(this.#takeMetrics());
  }

  #takeMetrics(): string {
    const text = formatMetricLines(this.#newest);
    this.#newest.clear();
    return text;
  }
}

/**
 * One line a metric, "\tkey = 0.1234", sorted by key; a matrix takes one more line for each of its rows, pictures say
 * their size.
 */
export function formatMetricLines(metrics: Iterable<readonly [string, MetricData]>): string {
  return [...metrics]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `\t${escapeControls(key)} = ${formatValue(value)}\n`)
    .join("");
}

function formatValue(value: MetricData): string {
  if (typeof value === "number") return formatNumber(value);
  if (isMatrix(value)) return formatMatrix(value);
  switch (value.kind) {
    case "image":
      return `an image of ${value.width} x ${value.height} pixels`;
    case "counts":
      return value.counts.map(([label, count]) => `${label}: ${count}`).join(", ");
    case "weights":
      return `${value.parameters.length} parameters, sha256 ${value.sha256}`;
  }
}

function formatMatrix(rows: readonly (readonly number[])[]): string {
  const isCounted =
    rows.every((row) => row.every(Number.isInteger)) && rows.some((row) => row.some((cell) => cell > 1));
  const format = (cell: number) => (Number.isNaN(cell) ? "-" : isCounted ? String(cell) : cell.toFixed(4));
  return rows.map((row) => `\n\t\t${row.map((cell) => format(cell).padStart(6)).join(" ")}`).join("");
}

/** Four digits behind the point, but none for large counts. */
function formatNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) >= 1000 ? String(value) : value.toFixed(4);
}

function describeExperience({ currentExperience, name, originStream, taskLabels }: Experience): string {
  const called = name === undefined ? "" : ` ${escapeControls(JSON.stringify(name))}`;
  const task = taskLabels.length === 1 ? ` (task ${taskLabels[0]})` : "";
  return `experience ${currentExperience}${called}${task} of the ${escapeControls(originStream.name)} stream`;
}
