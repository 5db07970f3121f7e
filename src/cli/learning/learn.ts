import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { leaveNothing } from "../../core/leave_nothing.ts";
import { listFolder } from "../../data/readers/read_sample_folder.ts";
import { RunLock } from "../../runs/run_lock.ts";
import { checkServeOptions, serve } from "../../serving/serve.ts";
import type { ServeOptions } from "../../serving/serve_options.ts";
import { CliError, refuse } from "../cli_error.ts";
import { keepTraining, type TrainerOptions } from "./trainer.ts";

/** Where a run is that learns from a folder. */
export function nameRun(folder: string, out: string | undefined): string {
  return out ?? join("runs", `learn-${basename(resolve(folder))}`);
}

/** What learns, and how it is served. */
export interface LearnOptions extends Omit<TrainerOptions, "journal"> {
  /** The run's folder. */
  readonly out: string;
  /** True trains on from models that the gate refuses. */
  readonly keepsRefused: boolean;
  readonly name: string | undefined;
  readonly gate: string | undefined;
  readonly serving: Omit<ServeOptions, "models" | "tell">;
  /** Is told the address, once requests are answered. */
  readonly onListen: (url: string, grpcPort: number | undefined) => void;
}

/**
 * Serves the newest model of a run, collects feedback into the folder that the run trains on, and trains what comes,
 * until the signal says stop. Started again, it goes on.
 * @throws {CliError} If something cannot be used; nothing was trained then.
 * @throws {RefusalError} If training cannot go on.
 */
export async function learn({
  folder,
  name,
  gate,
  keepsRefused,
  serving,
  onListen,
  ...options
}: LearnOptions): Promise<void> {
  const { tell, out } = options;
  const title = basename(resolve(folder));
  if (`${resolve(out)}/`.startsWith(`${resolve(folder)}/`)) {
    throw new CliError(`--out must be outside the folder of the data, ${folder}, got ${out}`);
  }
  await refuse(() => checkServeOptions({ ...serving, models: [{ path: out }] }));
  const feedback = await refuse(() => findFeedbackFolder(folder));
  const { journal = join(out, "serving", "journal.jsonl") } = serving;
  const models = [{ path: out, isRun: true, name: name ?? title, gate, feedback }];
  const made = [join(feedback, ".feedback"), join(out, "serving"), journal];
  const start = async () => {
    await mkdir(folder, { recursive: true });
    return serveAlone(out, { ...serving, models, tell });
  };
  await using server = await refuse(() => leaveNothing(made, start));
  onListen(server.url, server.grpcPort);
  if (!existsSync(join(out, "config.json"))) tell(`${title} has no model yet: it waits for experiences in ${folder}`);
  await keepTraining({ ...options, folder, journal: keepsRefused ? undefined : journal });
}

/** Where the folder is parted into "train" and "test", feedback is for training. */
async function findFeedbackFolder(folder: string): Promise<string> {
  if (!existsSync(folder)) return folder;
  const { folders } = await listFolder(folder);
  return folders.includes("train") && folders.includes("test") ? join(folder, "train") : folder;
}

/** Serves while nobody else learns in a run's folder: before there is a run, it is nobody's. */
async function serveAlone(out: string, options: ServeOptions) {
  const folder = join(out, "serving");
  await mkdir(folder, { recursive: true });
  const lock = RunLock.acquire(folder);
  try {
    const { url, grpcPort, close } = await serve(options);
    const end = () => close().finally(() => lock.release());
    return { url, grpcPort, [Symbol.asyncDispose]: end };
  } catch (error) {
    lock.release();
    throw error;
  }
}
