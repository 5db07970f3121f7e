import { join } from "node:path";
import { RangeRefusal, RefusalError, TypeRefusal } from "../core/errors/errors.ts";
import { leaveNothing } from "../core/leave_nothing.ts";
import { resolveOptions } from "../core/options/option_schema.ts";
import { Answerer } from "./answering/answerer.ts";
import type { AnsweringThread } from "./answering/serving_command.ts";
import type { FeedbackCollector } from "./feedback/feedback_collector.ts";
import { FEEDBACK_JOURNAL } from "./feedback/feedback_folder.ts";
import { type CollectingOptions, openCollector } from "./feedback/open_collectors.ts";
import type { GrpcServer } from "./grpc/grpc_server.ts";
import { ListenerWorker } from "./listeners/listener_worker.ts";
import { type ModelPlan, planModels } from "./plan_models.ts";
import { RequestHandler } from "./protocol/handler.ts";
import { canSharePort, type HttpListener, listen } from "./protocol/http_listener.ts";
import { PROTOCOL_ROUTES } from "./protocol/protocol_routes.ts";
import { BodyReader } from "./protocol/read_body.ts";
import type { ServerLimits } from "./protocol/server_limits.ts";
import type { Service } from "./protocol/service.ts";
import { TokenCheck } from "./protocol/token_check.ts";
import { Journal } from "./repository/journal.ts";
import { ModelRepository } from "./repository/model_repository.ts";
import { type ModelSurroundings, ServedModel } from "./repository/served_model.ts";
import { VersionLoader } from "./repository/version_loader.ts";
import { MODEL_OPTIONS, type ResolvedServeOptions, SERVE_OPTIONS, type ServeOptions } from "./serve_options.ts";
import { waitForQuiet } from "./wait_for_quiet.ts";

/** Models that are served. */
export interface Serving extends AsyncDisposable {
  /** "http://127.0.0.1:8000" */
  readonly url: string;
  readonly port: number;
  /** Undefined without gRPC. */
  readonly grpcPort: number | undefined;
  /** Looks for new files now. A file is taken at the second look that finds it unchanged. */
  scan(): Promise<void>;
  /** Lets a version answer from now on; with `isForced` one that the gate refused. @throws {Error} If it cannot. */
  promote(model: string, version: string, options?: { readonly isForced?: boolean }): Promise<void>;
  /** Lets the version answer that did before. @returns Its name. @throws {Error} If there is none. */
  rollback(model: string): Promise<string>;
  /** Takes no more connections, answers what was asked, and releases everything. */
  close(): Promise<void>;
}

/**
 * Serves the models of runs by the Open Inference Protocol, version 2, over HTTP. Versions are experiences: a file that
 * a run exports while it is served is loaded, compared, measured and takes over without an interruption, or is refused.
 * @throws {RefusalError} If a path holds no models, the port cannot be used, or other machines could change something
 *   without a token.
 * @example
 * const serving = await serve({ models: [{ path: "runs/replay-split-mnist-1" }] });
 * console.log(serving.url);
 * await serving.close();
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const resolved = checkServeOptions(options);
  assertFeedbackUsed(options);
  const plans = await planModels(resolved, options);
  const journals = plans.map(({ journalPath }) => journalPath);
  const collected = plans.flatMap(({ feedback }) => (feedback === undefined ? [] : [join(feedback, FEEDBACK_JOURNAL)]));
  return leaveNothing([...journals, ...collected], () => startServing(plans, resolved));
}

async function startServing(plans: readonly ModelPlan[], resolved: ResolvedServeOptions): Promise<Serving> {
  const { maxQueuedRows, batchWaitMs, host, port, listeners } = resolved;
  const answerer = new Answerer({ maxQueuedRows, batchWaitMs });
  const workers: ListenerWorker[] = [];
  const threads: AnsweringThread[] = [answerer];
  const loader = new VersionLoader();
  const journals = openJournals(plans);
  const models = plans.map((plan) => createModel(plan, { threads, loader, journals }));
  const collectors = new Map<string, FeedbackCollector>();
  const repository = new ModelRepository(models, { threads, collectors });
  const bodies = new BodyReader(resolved);
  const service: Service = {
    answerer,
    control: repository,
    bodies,
    limits: resolved,
    hasPage: resolved.page,
    isEnding: false,
  };
  const tokens = new TokenCheck(resolved.token);
  const handler = new RequestHandler(service, { tokens, routes: PROTOCOL_ROUTES });
  let listener: HttpListener | undefined;
  let grpc: GrpcServer | undefined;
  let closing: Promise<void> | undefined;
  const end = async () => {
    service.isEnding = true;
    listener?.stopListening();
    await waitForQuiet(() => handler.working);
    await Promise.all([listener?.close(), grpc?.close(), ...workers.map((worker) => worker.end())]);
    bodies.close();
    await repository.close();
    await Promise.all([loader.close(), ...workers.map((worker) => worker.terminate())]);
    for (const collector of collectors.values()) await collector.end();
    for (const journal of journals.values()) journal.close();
  };
  const close = () => {
    closing ??= end();
    return closing;
  };
  try {
    for (let number = 1; number < listeners; number++) {
      const worker = await ListenerWorker.start({ maxQueuedRows, batchWaitMs }, number);
      workers.push(worker);
      threads.push(worker);
    }
    for (const [i, { feedback }] of plans.entries()) {
      const model = models[i];
      if (!model || feedback === undefined) continue;
      collectors.set(model.name, await openCollector(model, feedback, collectingOptions(resolved, threads)));
    }
    await repository.start();
    assertFilesServed(models);
    for (const model of models) tellUnanswered(model, resolved.tell);
    listener = listen(handler.answer, { host, port, isShared: listeners > 1 });
    const setup = {
      host,
      port: listener.port,
      token: resolved.token,
      limits: pickLimits(resolved),
      hasPage: resolved.page,
    };
    for (const worker of workers) await worker.listen(setup, repository);
    if (resolved.grpcPort !== undefined) {
      const { GrpcServer } = await import("./grpc/grpc_server.ts");
      grpc = await GrpcServer.start(service, { host, port: resolved.grpcPort, tokens });
    }
  } catch (error) {
    await close();
    throw error;
  }
  repository.watch(resolved.pollMs);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${listener.port}`;
  return {
    url,
    port: listener.port,
    grpcPort: grpc?.port,
    scan: () => repository.scan(),
    promote: async (model, version, how) => repository.find(model).promote(version, how),
    rollback: async (model) => repository.find(model).rollback(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @throws {RefusalError} If a file that was named is refused: nothing would ever answer in its place. */
function assertFilesServed(models: readonly ServedModel[]): void {
  for (const { place, current, versions } of models) {
    if (place.kind !== "file" || current !== undefined) continue;
    const [state] = versions.map((version) => version.state);
    throw new RefusalError(state?.kind === "refused" ? state.refusal.reason : `${place.path} cannot be served`);
  }
}

/** Of what was refused before a restart nobody would hear. */
function tellUnanswered({ name, current, versions }: ServedModel, tell: ServeOptions["tell"]): void {
  const newest = versions.at(-1);
  if (current !== undefined || newest?.state.kind !== "refused") return;
  const { version } = newest.file;
  tell?.(`${name}: no version answers; the newest, ${version}, was refused: ${newest.state.refusal.reason}`);
}

function collectingOptions(
  { feedbackRows, keptRequests, keptBytes, tell = () => undefined }: ResolvedServeOptions,
  threads: readonly AnsweringThread[],
): CollectingOptions {
  return { maxRows: feedbackRows, kept: { requests: keptRequests, bytes: keptBytes }, threads, tell };
}

/** The limits alone, which cross to other threads. */
function pickLimits({ maxBodyBytes, bodyTimeoutMs, maxConcurrency, maxRows }: ServerLimits): ServerLimits {
  return { maxBodyBytes, bodyTimeoutMs, maxConcurrency, maxRows };
}

/**
 * Options with their defaults.
 * @throws {RefusalError} If one cannot be, or other machines could change something without a token.
 */
export function checkServeOptions(options: ServeOptions): ResolvedServeOptions {
  const astray = Object.keys(MODEL_OPTIONS).find((name) => Object.keys(Object(options)).includes(name));
  if (astray !== undefined) {
    throw new TypeRefusal(`serve: ${astray} is said of a model: models: [{ path: "runs/mine", ${astray}: … }]`);
  }
  const resolved = resolveOptions("serve", options, SERVE_OPTIONS);
  for (const [i, model] of resolved.models.entries()) resolveOptions(`serve: models[${i}]`, model, MODEL_OPTIONS);
  const { host, token, shadow, canary, listeners } = resolved;
  if (listeners > 1 && !canSharePort()) {
    throw new RefusalError("serve: several listeners need Deno to be started with --unstable-net");
  }
  if (shadow && canary !== undefined) throw new RangeRefusal("serve: canary and shadow exclude each other");
  if (token === undefined && !isLoopback(host)) {
    throw new RefusalError(`serve: token is required where other machines can ask (host is ${JSON.stringify(host)})`);
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new RangeRefusal(
      "serve: token must be letters, digits and signs of ASCII without spaces, as headers hold it",
    );
  }
  return resolved;
}

/** @throws {RefusalError} If options of feedback are given, and no model takes any. */
function assertFeedbackUsed(options: ServeOptions): void {
  if (options.models.some(({ feedback }) => feedback !== undefined)) return;
  const unused = (["feedbackRows", "keptRequests", "keptBytes"] as const).find((name) => options[name] !== undefined);
  if (unused !== undefined) throw new RefusalError(`serve: ${unused} requires a folder for feedback (--feedback)`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function openJournals(plans: readonly ModelPlan[]): ReadonlyMap<string, Journal> {
  const journals = new Map<string, Journal>();
  try {
    for (const { journalPath: path } of plans) journals.set(path, journals.get(path) ?? Journal.open(path));
  } catch (error) {
    for (const journal of journals.values()) journal.close();
    throw error;
  }
  return journals;
}

function createModel(
  { name, place, journalPath, gate, policy, tell }: ModelPlan,
  { threads, loader, journals }: Pick<ModelSurroundings, "threads" | "loader"> & Journals,
): ServedModel {
  const journal = journals.get(journalPath);
  if (!journal) throw new Error(`no journal was opened at ${journalPath}`);
  return new ServedModel(name, place, { threads, loader, journal, policy, gate, tell });
}

interface Journals {
  readonly journals: ReadonlyMap<string, Journal>;
}
