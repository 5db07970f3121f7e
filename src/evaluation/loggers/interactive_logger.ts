import process from "node:process";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, flag, objectLike } from "../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";
import { TerminalBars, type TextStream } from "./terminal_bars.ts";
import { TextLogger } from "./text_logger.ts";

/** Where an interactive logger writes. */
export interface InteractiveLoggerOptions {
  /** Default: standard output. */
  readonly stream?: TextStream;
  /** Whether to draw bars with control characters. Default: what the stream says of itself. */
  readonly isTerminal?: boolean;
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: () => number;
  /** True draws a bar for each replica below the epoch's. */
  readonly perReplica?: boolean;
}

const INTERACTIVE_LOGGER_RULES: OptionRules<InteractiveLoggerOptions> = {
  stream: objectLike("a stream such as process.stdout", "write"),
  isTerminal: flag(),
  now: callback(),
  perReplica: flag(),
};

/**
 * Writes a text logger's lines, and on a terminal a progress bar over the iterations of each epoch and of each
 * evaluated experience below them, with one for each replica on request. Elsewhere it writes plain lines without any
 * control character.
 */
export class InteractiveLogger implements Logger {
  readonly readsOutputs = false;
  readonly #bars: TerminalBars;
  readonly #text: TextLogger;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: InteractiveLoggerOptions = {}) {
    assertOptions("InteractiveLogger", options, INTERACTIVE_LOGGER_RULES);
    const { stream = process.stdout, isTerminal, now = () => performance.now(), perReplica = false } = options;
    this.#bars = new TerminalBars({
      stream,
      isTerminal: isTerminal ?? stream.isTTY === true,
      now,
      perReplica,
      keepsFinished: true,
      measure: ({ clock, trainEpochs, iterationsPerEpoch: total }, mode) => ({
        label: mode === "train" ? `Epoch ${clock.trainExpEpochs + 1}/${trainEpochs}` : "Evaluation",
        total,
        unit: "it",
      }),
    });
    this.#text = new TextLogger({ write: (text) => this.#bars.write(text) });
  }

  logMetrics(values: readonly MetricValue[]): void {
    this.#text.logMetrics(values);
  }

  beforeTraining(): void {
    this.#text.beforeTraining();
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): void {
    this.#text.beforeTrainingExp(strategy);
  }

  beforeTrainingEpoch(strategy: EvaluatedStrategy): void {
    this.#bars.beforeTrainingEpoch(strategy);
  }

  afterTrainingIteration(strategy: EvaluatedStrategy): void {
    this.#bars.afterTrainingIteration(strategy);
  }

  afterTrainingEpoch(strategy: EvaluatedStrategy): void {
    this.#bars.afterTrainingEpoch();
    this.#text.afterTrainingEpoch(strategy);
  }

  afterTrainingExp(): void {
    this.#text.afterTrainingExp();
  }

  afterTraining(): void {
    this.#text.afterTraining();
  }

  beforeEval(): void {
    this.#text.beforeEval();
  }

  beforeEvalExp(strategy: EvaluatedStrategy): void {
    this.#text.beforeEvalExp(strategy);
    this.#bars.beforeEvalExp(strategy);
  }

  afterEvalIteration(strategy: EvaluatedStrategy): void {
    this.#bars.afterEvalIteration(strategy);
  }

  afterEvalExp(strategy: EvaluatedStrategy): void {
    this.#bars.afterEvalExp();
    this.#text.afterEvalExp(strategy);
  }

  afterEval(): void {
    this.#text.afterEval();
  }
}
