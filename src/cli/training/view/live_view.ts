import { escapeControls } from "../../../core/errors/printable.ts";
import type { EvaluatedStrategy } from "../../../evaluation/evaluated_strategy.ts";
import type { Logger } from "../../../evaluation/loggers/logger.ts";
import { TerminalBars, type TextStream } from "../../../evaluation/loggers/terminal_bars.ts";
import type { MeasureName } from "../../../evaluation/measures.ts";
import { type ExperienceSummary, type RunSummary, summarizeExperiences } from "../../../runs/summary/run_summary.ts";
import { formatMatrixHeading, formatMatrixRow, type MatrixLayout } from "./matrix_row.ts";

/** Characters of an experience's name that the bar has room for. */
const MAX_NAME = 16;

/** Where a run is shown, and how. */
export interface LiveViewOptions {
  readonly stream: TextStream;
  /** True draws a bar for each replica below the bar. */
  readonly perReplica: boolean;
  /** True for a stream of very many small experiences: one bar over all of them. */
  readonly isOnline: boolean;
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: () => number;
}

/** A run on a terminal: the accuracy matrix, which grows by a row an experience, and below it one bar. */
export interface LiveView {
  readonly logger: Logger;
  /** Adds the rows that are not shown yet. */
  readonly show: (summary: Pick<RunSummary<unknown>, "experiences" | "testExperiences" | "measure">) => void;
  /** Shows a line in the place of the bar. */
  readonly note: (text: string) => void;
  /** Takes the bar away: for lines of others, and at the end. */
  readonly clear: () => void;
}

/** Where the stream is no terminal there is no bar, and rows have no colors. */
export function createLiveView(options: LiveViewOptions): LiveView {
  const { stream, perReplica, isOnline, now = () => performance.now() } = options;
  const isTerminal = stream.isTTY === true;
  const bars = new TerminalBars({
    stream,
    isTerminal,
    now,
    perReplica,
    keepsFinished: false,
    measure: (strategy, mode) => (isOnline && mode === "train" ? measureStream(strategy) : measure(strategy, mode)),
  });
  let shown = 0;
  return {
    logger: createLogger(bars, isOnline),
    note: (text) => bars.note(text),
    clear: () => bars.write(""),
    show({ experiences, testExperiences: names, measure }) {
      const width = (stream.columns || 80) - 1;
      const layout: MatrixLayout = { width, isColored: stream.isColored === true, names, measure };
      for (; shown < experiences.length; shown++) {
        const rows = experiences.slice(0, shown + 1);
        const [columns, above] = [experiences[shown], experiences[shown - 1]].map((row) => row?.testAccuracy.length);
        const heading = columns === above ? "" : formatMatrixHeading(columns ?? 0, layout);
        bars.write(`${heading}${rows.slice(-1).map((row) => formatMatrixRow(complete(row, rows, measure), layout))}`);
      }
    },
  };
}

function createLogger(bars: TerminalBars, isOnline: boolean): Logger {
  const evaluation: Logger = {
    logMetrics: () => undefined,
    readsOutputs: false,
    beforeEvalExp: (strategy) => bars.beforeEvalExp(strategy),
    afterEvalIteration: (strategy) => bars.afterEvalIteration(strategy),
    afterEvalExp: () => bars.afterEvalExp(),
  };
  const begin = (strategy: EvaluatedStrategy) => bars.beforeTrainingEpoch(strategy);
  const advance = (strategy: EvaluatedStrategy) => bars.afterTrainingIteration(strategy);
  const end = () => bars.afterTrainingEpoch();
  if (!isOnline) {
    return { ...evaluation, beforeTrainingEpoch: begin, afterTrainingIteration: advance, afterTrainingEpoch: end };
  }
  let hasBegun = false;
  return {
    ...evaluation,
    beforeTrainingExp(strategy) {
      if (!hasBegun) begin(strategy);
      hasBegun = true;
    },
    afterTrainingExp: advance,
    afterTraining() {
      end();
      hasBegun = false;
    },
  };
}

function measure({ experience, clock, trainEpochs, iterationsPerEpoch }: EvaluatedStrategy, mode: "train" | "eval") {
  const { currentExperience, name, originStream } = experience;
  const own = name === undefined ? "" : ` ${escapeControls(name.slice(0, MAX_NAME))}`;
  const place = `${currentExperience + 1}/${originStream.length}${own}`;
  const epoch = `epoch ${clock.trainExpEpochs + 1}/${trainEpochs}`;
  const label = mode === "train" ? `Training ${place}, ${epoch}` : `Evaluating ${originStream.name} ${place}`;
  return { label, total: iterationsPerEpoch, unit: "samples" as const };
}

/** The experience at hand is the first that is counted. */
function measureStream({ experience: { currentExperience, originStream } }: EvaluatedStrategy) {
  return { label: "Training", total: originStream.length, unit: "experiences" as const, done: currentExperience };
}

/** A row with what was forgotten when it was the last one. */
function complete(row: ExperienceSummary, rows: readonly ExperienceSummary[], measure: MeasureName | undefined) {
  return { ...row, ...summarizeExperiences(rows, measure) };
}
