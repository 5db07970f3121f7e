import { describeFeaturePlan, type FeaturePlan } from "../../cluster/features/feature_plan.ts";
import { LostRankError } from "../../cluster/ranks/lost_rank_error.ts";
import type { RankLoss } from "../../cluster/ranks/ranks.ts";
import { formatAsLine, formatJSON } from "../../core/errors/printable.ts";
import type { Logger } from "../../evaluation/loggers/logger.ts";
import { WentBackError } from "../../runs/acceptance/model_judge.ts";
import { readRunConfig } from "../../runs/read_run_files.ts";
import type { RunSummary } from "../../runs/summary/run_summary.ts";
import type { TrainingRun } from "../../runs/training_run.ts";
import { InterruptedError, refuse } from "../cli_error.ts";
import { formatFigures, formatRun } from "../format_run.ts";
import type { TrainConfig } from "./config/train_config.ts";
import { parseTrainConfig } from "./config/train_config_schema.ts";
import { describeFinished } from "./describe_finished.ts";
import { formatGoOn } from "./format_go_on.ts";
import { chooseLog, followRun, type LogKind, type LogOptions } from "./run_loggers.ts";
import type { FinishedRun, RunStart } from "./run_start.ts";
import { Dashboard } from "./view/dashboard.ts";
import { createDashboardLogger } from "./view/dashboard_logger.ts";
import type { LiveView } from "./view/live_view.ts";
import type { RankedContext } from "./with_ranks.ts";

/** Of what was typed, all that a session needs besides the run's own configuration. */
export interface SessionOptions extends LogOptions {
  readonly continue?: string;
  readonly acceptChangedData: boolean;
  /** Goes on with experiences that come into the benchmark's folder. */
  readonly watch: boolean;
  /** Goes back to an accepted model where `serve` refuses one; the journal where it says so, or true for the run's. */
  readonly gated?: string | true;
  /** The port; true takes a free one. */
  readonly dashboard?: number | true;
}

/** What a session shows a run with. */
interface Show {
  readonly loggers: readonly Logger[];
  readonly view?: LiveView | undefined;
  readonly dashboard?: Dashboard | undefined;
}

/** One call of the command train: it trains what is to be trained, perhaps several times, and tells how that goes. */
export class TrainSession implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #context: RankedContext;
  readonly #log: LogKind;
  #show: Show = { loggers: [] };
  #hasToldPage = false;
  /** The folder of the run that was trained last. */
  #path = "";
  /** The run that is being trained. */
  #current: TrainingRun<TrainConfig> | undefined;

  /** @throws {CliError} If what was typed asks for two kinds of log. */
  constructor(options: SessionOptions, context: RankedContext) {
    this.#options = options;
    this.#context = context;
    const chosen = chooseLog(options, context.stdout);
    this.#log = context.ranks.isFirst ? chosen : "none";
    context.ranks.followLosses(this.#tellLoss);
  }

  /**
   * Opens what the run is shown with: loggers, a live view, its page.
   * @throws {CliError} If the page's port cannot be used.
   */
  async open({ benchmark }: TrainConfig): Promise<void> {
    const { ranks, stdout } = this.#context;
    const { workerBars, dashboard: wanted } = this.#options;
    const port = ranks.isFirst ? wanted : undefined;
    const dashboard = port === undefined ? undefined : await refuse(() => Dashboard.open(port === true ? 0 : port));
    const isOnline = benchmark.options.onlineExperienceSize !== undefined;
    const { loggers, view } = followRun(this.#log, { workerBars, isOnline }, stdout);
    const flush = () => this.#current?.directory.metrics.flush();
    const following = dashboard ? [createDashboardLogger({ flush, tell: (line) => dashboard.tell(line) })] : [];
    this.#show = { loggers: [...loggers, ...following], view, dashboard };
  }

  /**
   * Does what there is to do.
   * @returns The run's folder.
   * @throws {InterruptedError} If the run was told to stop, with the line that goes on.
   */
  async train(start: RunStart): Promise<string> {
    for (let next = start; ; ) {
      try {
        return await this.#trainOnce(next);
      } catch (error) {
        if (!(error instanceof WentBackError) || start.kind === "finished") throw error;
        const directory = this.#path;
        const config = parseTrainConfig(directory, await readRunConfig(directory));
        next = { kind: "unfinished", config, target: { kind: "resumed", directory }, layout: start.layout };
      }
    }
  }

  async #trainOnce(start: RunStart): Promise<string> {
    if (start.kind === "finished") {
      await this.tellFinished(start);
      return start.directory;
    }
    const { ranks, signal, openLog } = this.#context;
    const { loggers, view, dashboard } = this.#show;
    const { acceptChangedData, gated, watch } = this.#options;
    // Loads the engines: what is refused before needs none.
    const { prepareRun } = await import("./prepare_run.ts");
    const around = {
      ...start,
      ranks,
      acceptChangedData,
      gated,
      watch,
      loggers,
      onSummary: view?.show,
      signal,
      report: this.warn,
      onFeatures: this.#tellFeatures,
    };
    await using run = await refuse(() => ranks.agreeOn(() => prepareRun(start.config, around)));
    if (!run) {
      if (start.earlier) await this.tellFinished(start.earlier);
      return start.earlier?.directory ?? "";
    }
    const { path } = run.directory;
    this.#path = path;
    openLog(path);
    await dashboard?.show(path);
    this.#tellPage();
    await this.#trainToEnd(run, start.config);
    return path;
  }

  /** Says that there is nothing to do. */
  async tellFinished(run: FinishedRun): Promise<void> {
    const act = this.#options.continue === undefined ? "--resume" : "--continue";
    if (this.#log !== "json") this.#context.stdout.write(`${await describeFinished(run, act)}\n`);
    this.#report(run.summary, run.directory);
  }

  /** Says that the run waits. */
  tellWaiting(waiting: string, directory: string): void {
    const { stdout } = this.#context;
    const { view, dashboard } = this.#show;
    dashboard?.tell(waiting);
    if (this.#log === "json") stdout.write(formatJSON({ kind: "waiting", directory }));
    else if (view) view.note(`${waiting}; Ctrl-C ends`);
    else if (this.#log !== "none") stdout.write(`${waiting}\n`);
  }

  /** Writes a line that stays. */
  readonly warn = (line: string): void => {
    this.clear();
    this.#context.stderr.write(`${formatAsLine(line)}\n`);
  };

  /** Takes away what is drawn anew all the time. */
  clear(): void {
    this.#show.view?.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#show.dashboard?.[Symbol.asyncDispose]();
  }

  async #trainToEnd(run: TrainingRun<TrainConfig>, config: TrainConfig): Promise<void> {
    const { signal } = this.#context;
    const { path } = run.directory;
    this.#current = run;
    try {
      // The rows of a live view stand above.
      this.#report(await run.train().finally(() => this.clear()), path, this.#show.view ? formatFigures : formatRun);
    } catch (cause) {
      const goOn = `go on with: ${formatGoOn("--resume", path, config)}${this.#options.watch ? " --watch" : ""}`;
      if (cause instanceof LostRankError) throw new LostRankError(`${cause.message}; ${goOn}`, { cause });
      if (!signal.aborted || cause !== signal.reason) throw cause;
      throw new InterruptedError(`Interrupted; ${goOn}`, { cause });
    } finally {
      this.#current = undefined;
    }
  }

  readonly #tellLoss = ({ name, left }: RankLoss): void => {
    const at = this.#current ? ` at training iteration ${this.#current.strategy.clock.trainIterations}` : "";
    this.warn(`${name} was lost${at}: going on with ${left === 1 ? "rank 0 alone" : `${left} ranks`}`);
  };

  readonly #tellFeatures = (plan: FeaturePlan, samples: number): void => {
    const { stdout } = this.#context;
    if (this.#log === "json") stdout.write(formatJSON({ kind: "features", ...plan, samples }));
    else if (this.#log !== "none") {
      this.clear();
      stdout.write(`${describeFeaturePlan(plan, samples)}\n`);
    }
  };

  #report(summary: RunSummary<unknown>, directory: string, format = formatRun): void {
    const { stdout } = this.#context;
    if (this.#log === "json") stdout.write(formatJSON({ kind: "run-end", directory, summary }));
    else stdout.write(format(summary, directory));
  }

  #tellPage(): void {
    const { dashboard } = this.#show;
    if (!dashboard || this.#hasToldPage) return;
    this.#hasToldPage = true;
    this.warn(`The run's page is at ${dashboard.url}`);
  }
}
