import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, either, objectLike, required, text } from "../../core/options/value_rules.ts";
import type { AfterRefusal, ModelJudge } from "../../runs/acceptance/model_judge.ts";
import { findAccepted } from "../repository/find_accepted.ts";
import { Journal, readJournal } from "../repository/journal.ts";
import { createRunPlace, listVersionFiles } from "../repository/version_files.ts";

/** How often the journal is looked at. */
const POLL_MS = 100;

/** So many looks without a word, and somebody is told what is waited for. */
const PATIENT_LOOKS = 100;

/** Where a run's models are judged. */
export interface JournalJudgeOptions {
  /** The run's folder; a function is asked once there is a model. */
  readonly folder: string | (() => string);
  /** The journal of `serve`. Default: serving/journal.jsonl in the run's folder. */
  readonly journal?: string | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Is told what happens, in one line. */
  readonly tell?: ((line: string) => void) | undefined;
}

const RULES: OptionRules<JournalJudgeOptions> = {
  folder: required(either(text(), callback())),
  journal: text(),
  signal: objectLike("an AbortSignal", "aborted"),
  tell: callback(),
};

/**
 * The judge of a run that `serve` answers with, in whatever process: what its gate lets through is accepted, also to be
 * tried as a candidate, and what somebody promotes by hand. What the gate refuses, or somebody rolls back, is not.
 * How the run goes on after a refusal stands in the journal, too.
 */
export function createJournalJudge(options: JournalJudgeOptions): ModelJudge {
  assertOptions("createJournalJudge", options, RULES);
  const { folder, signal, tell = () => undefined } = options;
  const readFolder = () => (typeof folder === "string" ? folder : folder());
  const readPath = () => options.journal ?? join(readFolder(), "serving", "journal.jsonl");
  const read = async () => findAccepted(readJournal(readPath()), await listVersionFiles(createRunPlace(readFolder())));
  let name = "";
  return {
    async listAccepted(experience) {
      const version = String(experience);
      for (let looks = 1; ; looks++) {
        signal?.throwIfAborted();
        const { accepted, judged } = await read();
        const model = judged.get(version);
        if (model !== undefined) {
          name = model;
          return accepted.map(Number);
        }
        if (looks === PATIENT_LOOKS) tell(`training waits until serve has judged version ${version}, in ${readPath()}`);
        await wait(POLL_MS);
      }
    },
    onRefusal(going) {
      const event = going.from === undefined ? "wentOn" : "goneBack";
      const reason = describeWay(going);
      const journal = Journal.open(readPath());
      journal.add({ model: name, version: String(going.next), event, by: "training", reason });
      journal.close();
      tell(`${name} ${going.next}: ${event}: ${reason}`);
    },
  };
}

function describeWay({ refused, next, from, again }: AfterRefusal): string {
  const why = `version ${refused} was refused`;
  if (from === undefined) return `${why}, and no state of an accepted one is kept: experience ${next} is trained on it`;
  const more = again.length === 1 ? `experience ${again[0]}` : `experiences ${again.join(", ")}`;
  return `${why}: experience ${next} is trained on version ${from}, together with ${more}`;
}
