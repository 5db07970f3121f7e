import type { Experience } from "../../streams/experience.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";

/** Writes what happens as lines of text: starts and ends, and at every end the newest metrics sorted by key. */
export class TextLogger implements Logger {
  readonly #write: (text: string) => unknown;
  readonly #newest = new Map<string, MetricValue["value"]>();

  /** `write` gets whole lines, each ended by a newline. */
  constructor({ write }: { readonly write: (text: string) => unknown }) {
    this.#write = write;
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

/** One line a metric, "\tkey = 0.1234", sorted by key; a matrix takes one more line for each of its rows. */
export function formatMetricLines(metrics: Iterable<readonly [string, MetricValue["value"]]>): string {
  return [...metrics]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `\t${key} = ${formatValue(value)}\n`)
    .join("");
}

function formatValue(value: MetricValue["value"]): string {
  if (typeof value === "number") return value.toFixed(4);
  const rows = value.map((row) =>
    row.map((cell) => (Number.isNaN(cell) ? "-" : cell.toFixed(4)).padStart(6)).join(" "),
  );
  return rows.map((row) => `\n\t\t${row}`).join("");
}

function describeExperience({ currentExperience, originStream, taskLabels }: Experience): string {
  const task = taskLabels.length === 1 ? ` (task ${taskLabels[0]})` : "";
  return `experience ${currentExperience}${task} of the ${originStream.name} stream`;
}
