/**
 * A web service that learns from posted rows, predicts others, and goes on where it was after a restart:
 * `bun examples/web_service.ts` or `deno run -A examples/web_service.ts`.
 */
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import type { BaseStrategy } from "firn";
import {
  createArrayDataset,
  createDatasetBenchmark,
  loadStrategy,
  mlp,
  RefusalError,
  Replay,
  SGD,
  saveStrategy,
} from "firn";

const cluster = { workers: 0, logicalShards: 1 };

/** Of a request's body: some 20,000 rows. */
const MAX_BODY_BYTES = 2 ** 20;

/** Learns rows of numbers with labels; what it has learnt is in its file before `learn` returns. */
class Learner {
  readonly #file: string;
  readonly #features: number;
  #strategy: BaseStrategy;
  /** A strategy does one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor({ file, features, strategy }: { file: string; features: number; strategy: BaseStrategy }) {
    this.#file = file;
    this.#features = features;
    this.#strategy = strategy;
  }

  static async open(place: { file: string; features: number }): Promise<Learner> {
    return new Learner({ ...place, strategy: await openStrategy(place) });
  }

  learn(rows: number[][], labels: string[]): Promise<{ learned: number; classes: readonly string[] }> {
    return this.#inTurn(async () => {
      if (rows.length === 0 || rows.length !== labels.length) {
        throw new RefusalError(
          `there must be a label for each row, got ${rows.length} rows and ${labels.length} labels`,
        );
      }
      const astray = rows.findIndex((row) => row.length !== this.#features);
      if (astray >= 0) throw new RefusalError(`row ${astray} must have ${this.#features} numbers`);
      // New classes come behind those that have a class id already.
      const classNames = [...new Set([...this.#strategy.labels.classNames, ...labels])];
      const x = Float32Array.from(rows.flat());
      const y = labels.map((label) => classNames.indexOf(label));
      const posted = createArrayDataset({ name: "posted", x, y, sampleShape: [this.#features] });
      const { trainStream } = createDatasetBenchmark({ name: "posts", train: [posted], test: [posted], classNames });
      try {
        await this.#strategy.train(trainStream);
        await saveStrategy(this.#strategy, this.#file);
      } catch (error) {
        // What was half learnt is given up: the file is what counts.
        await this.#strategy.close();
        this.#strategy = await openStrategy({ file: this.#file, features: this.#features });
        throw error;
      }
      return { learned: rows.length, classes: classNames };
    });
  }

  predict(rows: number[][]): Promise<{ labels: readonly string[]; probabilities: number[][] }> {
    return this.#inTurn(async () => {
      if (this.#strategy.labels.classNames.length === 0) throw new RefusalError("nothing was learned yet");
      const { names, probabilities } = await this.#strategy.predict(rows);
      const [, width = 0] = probabilities.shape;
      const shares = names.map((_, row) => [...probabilities.data.subarray(row * width, (row + 1) * width)]);
      return { labels: names, probabilities: shares };
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#strategy.close());
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** The strategy that the file holds, or a new one. */
async function openStrategy({ file, features }: { file: string; features: number }): Promise<BaseStrategy> {
  if (existsSync(file)) return loadStrategy(file, { cluster });
  return new Replay({
    // Rows come as they were measured, in whatever units.
    model: mlp({ inputShape: [features], hiddenSize: 32, incremental: true, standardize: true }),
    optimizer: new SGD({ learningRate: 0.1, momentum: 0.9 }),
    memSize: 1000,
    trainMbSize: 16,
    trainEpochs: 10,
    evaluator: null,
    cluster,
  });
}

/** Answers one request: 400 with a sentence where what was posted makes no sense, 413 where it is too much. */
async function answer(learner: Learner, request: Request, log: (error: unknown) => void): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method !== "POST" || !["/learn", "/predict"].includes(pathname)) {
    return Response.json({ error: "post rows to /learn or /predict" }, { status: 404 });
  }
  try {
    const text = await readBody(request);
    if (text === undefined) {
      return Response.json({ error: `the body must have at most ${MAX_BODY_BYTES} bytes` }, { status: 413 });
    }
    const body: { rows?: unknown; labels?: unknown } = Object(JSON.parse(text));
    const rows = readList(body.rows, "rows").map((row) => readList(row, "a row").map(readNumber));
    if (pathname === "/predict") return Response.json(await learner.predict(rows));
    return Response.json(await learner.learn(rows, readList(body.labels, "labels").map(readLabel)));
  } catch (error) {
    if (error instanceof RefusalError || error instanceof SyntaxError) {
      return Response.json({ error: error.message }, { status: 400 });
    }
    log(error);
    return Response.json({ error: "something went wrong here: nothing of it was kept" }, { status: 500 });
  }
}

/** A request's text; undefined where it is too long. No more is read than may come. */
async function readBody(request: Request): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of request.body ?? []) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function readList(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new RefusalError(`${name} must be a list`);
}

/** Not what Number() makes of null or "": whatever is no number is refused with its row. */
function readNumber(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function readLabel(value: unknown): string {
  if ((typeof value === "string" && value !== "") || typeof value === "number") return String(value);
  throw new RefusalError("a label must be a text or a number");
}

/** A server of this runtime's own. */
interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

function serve(port: number, handle: (request: Request) => Promise<Response>): Server {
  const hostname = "127.0.0.1";
  const deno = Reflect.get(globalThis, "Deno");
  if (!deno) {
    const server = Bun.serve({ port, hostname, fetch: handle });
    return { port: server.port ?? port, stop: () => server.stop() };
  }
  const server = deno.serve({ port, hostname, onListen: () => {} }, handle);
  return { port: server.addr.port, stop: () => server.shutdown() };
}

/** How a service is started. */
interface ServiceOptions {
  /** Holds what it has learnt. */
  readonly file: string;
  /** The number of values in a row. */
  readonly features: number;
  /** Default: a free one. */
  readonly port?: number;
  /** Told of what is nobody's mistake. Default: to the terminal. */
  readonly log?: (error: unknown) => void;
}

/** Starts the service. */
export async function startService({ file, features, port = 0, log = console.error }: ServiceOptions) {
  const learner = await Learner.open({ file, features });
  const server = serve(port, (request) => answer(learner, request, log));
  const close = async (): Promise<void> => {
    await server.stop();
    await learner.close();
  };
  return { url: `http://127.0.0.1:${server.port}`, close };
}

if (import.meta.main) {
  const { url } = await startService({ file: "service.safetensors", features: 4, port: 8080 });
  console.log(`listening on ${url}`);
}
