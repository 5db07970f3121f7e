import { basename, resolve } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { listFolder } from "../../data/readers/read_sample_folder.ts";
import type { AnsweringThread } from "../answering/serving_command.ts";
import type { ServedModel } from "../repository/served_model.ts";
import { FeedbackCollector } from "./feedback_collector.ts";
import { FeedbackFolder } from "./feedback_folder.ts";
import type { KeptLimits } from "./kept_requests.ts";

/** How feedback is collected. */
export interface CollectingOptions {
  /** Rows of an experience. */
  readonly maxRows: number;
  readonly kept: KeptLimits;
  readonly threads: readonly AnsweringThread[];
  readonly tell: (line: string) => void;
}

/** Has a model's feedback collected in a folder, and answered requests kept by every thread. */
export async function openCollector(
  model: ServedModel,
  path: string,
  { maxRows, kept, threads, tell }: CollectingOptions,
): Promise<FeedbackCollector> {
  const folder = await FeedbackFolder.open(path);
  const { name } = model;
  try {
    const { folders } = await listFolder(path);
    if (folders.includes("train") && folders.includes("test")) {
      throw new RefusalError(`${path} holds "train" and "test": collect feedback in ${path}/train`);
    }
    for (const thread of threads) await thread.apply({ kind: "keep", model: name, limits: kept });
  } catch (error) {
    await folder.end();
    throw error;
  }
  return new FeedbackCollector({
    folder,
    maxRows,
    holdsOut: basename(resolve(path)) !== "train",
    hasVersion: () => model.versions.length > 0,
    async recall(id) {
      const found = await Promise.all(threads.map((thread) => thread.recall(name, id)));
      return found.find((request) => request !== undefined);
    },
    async forget(id) {
      await Promise.all(threads.map((thread) => thread.forget(name, id)));
    },
    tell: (line) => tell(`${name} ${line}`),
  });
}
