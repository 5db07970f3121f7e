import { clearInterval, setInterval } from "node:timers";
import { describeCause, RefusalError } from "../../core/errors/errors.ts";
import type { AnsweringThread, ThreadStatistics } from "../answering/serving_command.ts";
import { addStatistics } from "../answering/version_statistics.ts";
import type { FeedbackCollector } from "../feedback/feedback_collector.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { ControlAnswer, ControlRequest, ServingControl } from "../protocol/serving_control.ts";
import { describeStatistics } from "./describe_statistics.ts";
import { describeVersions } from "./describe_versions.ts";
import type { ServedModel } from "./served_model.ts";

/** What a repository works with. */
export interface RepositoryParts {
  readonly threads: readonly AnsweringThread[];
  /** What takes feedback, by the name of the model. */
  readonly collectors: ReadonlyMap<string, FeedbackCollector>;
}

/** All models that are served, and what can be asked of them. */
export class ModelRepository implements ServingControl {
  readonly #models: ReadonlyMap<string, ServedModel>;
  readonly #threads: readonly AnsweringThread[];
  readonly #collectors: ReadonlyMap<string, FeedbackCollector>;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isScanning = false;

  constructor(models: readonly ServedModel[], { threads, collectors }: RepositoryParts) {
    this.#models = new Map(models.map((model) => [model.name, model]));
    this.#threads = threads;
    this.#collectors = collectors;
  }

  get models(): readonly ServedModel[] {
    return [...this.#models.values()];
  }

  /** @throws {ProtocolError} 404 if there is no such model. */
  find(name: string): ServedModel {
    const model = this.#models.get(name);
    if (model) return model;
    throw new ProtocolError(
      404,
      `unknown model ${JSON.stringify(name)}; served: ${[...this.#models.keys()].join(", ")}`,
    );
  }

  /** Loads what is there. */
  async start(): Promise<void> {
    for (const model of this.models) await model.start();
  }

  /** Looks for new files every so many milliseconds. */
  watch(pollMs: number): void {
    this.#timer = setInterval(() => void this.#scanOnce(), pollMs);
  }

  /** Looks for new files once. */
  async scan(): Promise<void> {
    for (const model of this.models) await model.scan();
  }

  /** Stops watching, and releases all models after their last answers. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const model of this.models) await model.unload();
  }

  async ask(request: ControlRequest): Promise<ControlAnswer> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const status = error instanceof ProtocolError ? error.status : 500;
      return { status, body: { error: describeCause(error) } };
    }
  }

  /** Counts of all versions that are loaded. */
  async readStatistics(): Promise<readonly ThreadStatistics[]> {
    const parts = (await Promise.all(this.#threads.map((thread) => thread.readStatistics()))).flat();
    const groups = Map.groupBy(parts, ({ model, version }) => JSON.stringify([model, version]));
    return [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first ? [{ ...first, counts: addStatistics(group.map(({ counts }) => counts)) }] : [];
    });
  }

  async #answer(request: ControlRequest): Promise<ControlAnswer> {
    switch (request.kind) {
      case "models":
        return { status: 200, body: [...this.#models.keys()] };
      case "index": {
        const entries = this.models.flatMap((model) => model.index());
        return { status: 200, body: entries.filter(({ state }) => !request.isReadyOnly || state === "READY") };
      }
      case "statistics": {
        if (request.model !== undefined) this.find(request.model);
        const { model, version } = request;
        const counted = (await this.readStatistics()).filter(
          (one) => one.model === (model ?? one.model) && one.version === (version ?? one.version),
        );
        return { status: 200, body: { model_stats: counted.map(describeStatistics) } };
      }
      case "metrics": {
        const { formatMetrics } = await import("../metrics/format_metrics.ts");
        return { status: 200, body: await formatMetrics(this.models, await this.readStatistics()) };
      }
      case "versions": {
        const model = this.find(request.model);
        const counted = (await this.readStatistics()).filter((one) => one.model === model.name);
        return { status: 200, body: describeVersions(model, counted) };
      }
      case "load":
        await this.find(request.model).load();
        return { status: 200, body: undefined };
      case "unload":
        await this.find(request.model).unload();
        return { status: 200, body: undefined };
      case "promote": {
        const { model, version, isForced } = request;
        await this.find(model).promote(version, { isForced });
        return { status: 200, body: { model_name: model, model_version: version } };
      }
      case "feedback": {
        const body = await this.#findCollector(request.model).add(request.feedback);
        return { status: 200, body: { model_name: request.model, ...body } };
      }
      case "closeFeedback": {
        const body = await this.#findCollector(request.model).close();
        return { status: 200, body: { model_name: request.model, ...body } };
      }
      case "rollback": {
        const version = await this.find(request.model).rollback();
        return { status: 200, body: { model_name: request.model, model_version: version } };
      }
    }
  }

  /** @throws {ProtocolError} 404 if there is no such model, or it takes no feedback. */
  #findCollector(name: string): FeedbackCollector {
    const collector = this.#collectors.get(this.find(name).name);
    if (collector) return collector;
    throw new ProtocolError(404, `"${name}" takes no feedback: serve it with --feedback FOLDER`);
  }

  /** A folder that cannot be read now may be there again later. */
  async #scanOnce(): Promise<void> {
    if (this.#isScanning) return;
    this.#isScanning = true;
    try {
      await this.scan();
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
    } finally {
      this.#isScanning = false;
    }
  }
}
