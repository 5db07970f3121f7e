import type { AnsweringThread, CandidateRoute } from "../answering/serving_command.ts";
import type { GateSource } from "../gate/gate_source.ts";
import { raiseBest } from "../gate/judge_gate.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { describeForJournal } from "./describe_for_journal.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { type Judgement, type JudgingContext, judgeFile } from "./judge_file.ts";
import {
  createVersion,
  describeVersion,
  type IndexEntry,
  type LoadedVersion,
  type ModelVersion,
} from "./model_version.ts";
import { OpenVersions } from "./open_versions.ts";
import { restoreVersions } from "./restore_versions.ts";
import { listVersionFiles, type ModelPlace, type VersionFile } from "./version_files.ts";
import type { VersionLoader } from "./version_loader.ts";

/** How new versions of a model come to answer. */
export interface PromotionPolicy extends Pick<JudgingContext, "limits" | "refusesUnmeasured" | "maxBatch"> {
  /** How a version that passes begins: with a share of the requests, silently with 0, or at once where undefined. */
  readonly candidateShare: number | undefined;
  /** Versions that stay loaded. */
  readonly keep: number;
}

/** What a model needs of its surroundings. */
export interface ModelSurroundings {
  readonly threads: readonly AnsweringThread[];
  readonly loader: VersionLoader;
  readonly journal: Journal;
  readonly policy: PromotionPolicy;
  /** Nothing is compared where there is none. */
  readonly gate: GateSource | undefined;
  /** Is told what happens, in one line. */
  readonly tell: (line: string) => void;
}

/**
 * A model with its versions: which of them are loaded, which answers, and what became of the others. All changes are
 * made one after another.
 */
export class ServedModel {
  readonly name: string;
  readonly place: ModelPlace;
  readonly #around: ModelSurroundings;
  readonly #versions = new Map<string, ModelVersion>();
  readonly #open: OpenVersions;
  /** Marks of files that were seen once: a file that still changes is left alone. */
  readonly #seen = new Map<string, string>();
  /** Versions by when they came to answer, the present one last; and the same with those that were rolled back. */
  #promotions: string[] = [];
  #recent: string[] = [];
  #candidate: CandidateRoute | undefined;
  #best: ReadonlyMap<number, number> = new Map();
  #isUnloaded = false;
  #work: Promise<unknown> = Promise.resolve();

  constructor(name: string, place: ModelPlace, around: ModelSurroundings) {
    this.name = name;
    this.place = place;
    this.#around = around;
    this.#open = new OpenVersions(name, around.threads);
  }

  /** The version that answers; undefined where none does. */
  get current(): string | undefined {
    return this.#promotions.at(-1);
  }

  /** The version that is tried. */
  get candidate(): CandidateRoute | undefined {
    return this.#candidate;
  }

  /** Best accuracy on each experience, of all versions that were let through. */
  get bestAccuracies(): ReadonlyMap<number, number> {
    return this.#best;
  }

  /** All versions that are known, oldest first. */
  get versions(): readonly ModelVersion[] {
    return [...this.#versions.values()].sort((a, b) => Number(a.file.version) - Number(b.file.version));
  }

  /** A version that is loaded: by default the one that answers. */
  getLoaded(version = this.current): LoadedVersion | undefined {
    return version === undefined ? undefined : this.#open.get(version);
  }

  /** What the protocol's index says of all versions. */
  index(): readonly IndexEntry[] {
    return this.versions.map((version) => {
      const entry = describeVersion(this.name, version);
      // A newer file of a version may be broken: the older one goes on.
      return this.#open.get(version.file.version) ? { ...entry, state: "READY" } : entry;
    });
  }

  /** Goes on where the journal ends, then takes in what is new. */
  start(): Promise<void> {
    return this.#serially(async () => {
      await this.#route();
      await this.#restore();
      await this.#takeNewFiles({ mayChange: false });
    });
  }

  /** Takes in new files, each when it was found the same twice. */
  scan(): Promise<void> {
    return this.#serially(async () => {
      if (!this.#isUnloaded) await this.#takeNewFiles({ mayChange: true });
    });
  }

  /** Loads what was unloaded, and takes in what is new at once. */
  load(): Promise<void> {
    return this.#serially(async () => {
      if (this.#isUnloaded) await this.#restore();
      this.#isUnloaded = false;
      await this.#takeNewFiles({ mayChange: false });
    });
  }

  /** Releases all versions, after their last answers. */
  unload(): Promise<void> {
    return this.#serially(async () => {
      this.#isUnloaded = true;
      this.#promotions = [];
      this.#candidate = undefined;
      await this.#route();
      for (const version of this.#open.versions) await this.#close(version);
    });
  }

  /**
   * Lets a version answer from now on.
   * @param options.isForced Lets one pass that the gate refused.
   * @throws {ProtocolError} 404 if there is no such version, 409 if it is refused.
   */
  promote(version: string, { isForced = false }: { readonly isForced?: boolean } = {}): Promise<void> {
    return this.#serially(async () => {
      await this.#ensureOpen(version, isForced);
      await this.#promote(version, { by: "hand", ...(isForced ? { isForced } : {}) });
    });
  }

  /** Lets the version answer that did before. @returns Its name. @throws {ProtocolError} 409 if there is none. */
  rollback(): Promise<string> {
    return this.#serially(async () => {
      const [before, now] = this.#promotions.slice(-2);
      if (before === undefined || now === undefined)
        throw new ProtocolError(409, "no version answered before this one");
      await this.#ensureOpen(before, true);
      this.#promotions.pop();
      this.#recent = moveToEnd(this.#recent, before);
      await this.#route();
      this.#note(before, { event: "rolledBack", by: "hand", reason: `version ${now} answered before` });
      await this.#retire();
      return before;
    });
  }

  #serially<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #restore(): Promise<void> {
    const { journal, policy } = this.#around;
    const files = await listVersionFiles(this.place);
    const entries = journal.read(this.name);
    const { promoted, released, refusals, best } = restoreVersions(entries, { files, limits: policy.limits });
    this.#best = best;
    for (const file of files) {
      const refusal = refusals.get(file.version);
      if (refusal) this.#versions.set(file.version, createVersion(file, { kind: "refused", refusal }));
    }
    for (const file of [...released, ...promoted])
      this.#versions.set(file.version, createVersion(file, { kind: "released" }));
    for (const file of promoted.slice(-policy.keep)) {
      const judgement = await this.#judge(file, true);
      if (judgement.kind === "refused") this.#refuse(file, judgement.refusal);
      else {
        await this.#openVersion(file, judgement.loaded);
        this.#promotions.push(file.version);
        this.#recent.push(file.version);
      }
    }
    await this.#route();
  }

  async #takeNewFiles({ mayChange }: { readonly mayChange: boolean }): Promise<void> {
    for (const file of await listVersionFiles(this.place)) {
      const known = this.#versions.get(file.version);
      if (known?.file.mark === file.mark) continue;
      const wasSeen = this.#seen.get(file.version) === file.mark;
      this.#seen.set(file.version, file.mark);
      const isMeasured = (await this.#around.gate?.isReady?.(Number(file.version))) ?? true;
      if (isMeasured && (!mayChange || wasSeen)) await this.#take(file);
    }
  }

  /** Has a new file judged; one that passes answers, or is tried first. */
  async #take(file: VersionFile): Promise<void> {
    const { version } = file;
    const judgement = await this.#judge(file, false);
    if (judgement.kind === "refused") return this.#refuse(file, judgement.refusal);
    await this.#openVersion(file, judgement.loaded);
    const share = this.#around.policy.candidateShare;
    if (share === undefined || this.current === undefined || this.current === version) {
      return this.#promote(version, { by: this.current === undefined ? "start" : "gate" });
    }
    this.#candidate = { version, share };
    await this.#route();
    this.#note(version, { event: "candidate", by: "gate" });
    await this.#retire();
  }

  async #judge(file: VersionFile, isForced: boolean): Promise<Judgement> {
    const { loader, gate, policy } = this.#around;
    const known = this.#versions.get(file.version);
    this.#versions.set(file.version, createVersion(file, { kind: "loading" }, known?.accuracies));
    const current = this.getLoaded()?.prepared.file;
    return judgeFile(file, { loader, gate, ...policy, best: this.#best, current, isForced });
  }

  #refuse(file: VersionFile, refusal: Extract<Judgement, { kind: "refused" }>["refusal"]): void {
    this.#versions.set(file.version, createVersion(file, { kind: "refused", refusal }, refusal.accuracies));
    this.#note(file.version, { event: "refused", by: "gate", reason: refusal.reason });
  }

  async #openVersion(file: VersionFile, loaded: LoadedVersion): Promise<void> {
    await this.#open.open(file.version, loaded);
    this.#versions.set(file.version, createVersion(file, { kind: "ready" }, loaded.accuracies));
  }

  async #ensureOpen(version: string, isForced: boolean): Promise<void> {
    if (this.#open.get(version)) return;
    const known = this.#versions.get(version);
    if (!known) {
      const names = [...this.#versions.keys()].join(", ") || "none";
      throw new ProtocolError(404, `unknown version ${JSON.stringify(version)} of "${this.name}"; known: ${names}`);
    }
    if (known.state.kind === "refused" && !(isForced && known.state.refusal.isForgetting)) {
      const advice = known.state.refusal.isForgetting ? ' ({"force": true} promotes it all the same)' : "";
      throw new ProtocolError(409, `version ${version} was refused: ${known.state.refusal.reason}${advice}`);
    }
    const judgement = await this.#judge(known.file, true);
    if (judgement.kind === "passed") return this.#openVersion(known.file, judgement.loaded);
    this.#refuse(known.file, judgement.refusal);
    throw new ProtocolError(409, judgement.refusal.reason);
  }

  async #promote(version: string, how: Pick<JournalEntry, "by" | "isForced">): Promise<void> {
    if (this.#candidate?.version === version) this.#candidate = undefined;
    this.#promotions = moveToEnd(this.#promotions, version);
    this.#recent = moveToEnd(this.#recent, version);
    if (!how.isForced) this.#best = raiseBest(this.#best, this.#open.get(version)?.accuracies ?? []);
    await this.#route();
    this.#note(version, { event: "promoted", ...how });
    await this.#retire();
  }

  async #route(): Promise<void> {
    await this.#open.route({ current: this.current, candidate: this.#candidate });
  }

  /** Releases what is neither tried nor among the last that answered. */
  async #retire(): Promise<void> {
    const { keep } = this.#around.policy;
    const kept = new Set([...this.#recent.slice(-keep), this.#candidate?.version]);
    for (const version of this.#open.versions.filter((open) => !kept.has(open))) {
      await this.#close(version);
      this.#note(version, { event: "retired" });
    }
  }

  async #close(version: string): Promise<void> {
    await this.#open.close(version);
    const known = this.#versions.get(version);
    if (known?.state.kind === "ready") this.#versions.set(version, { ...known, state: { kind: "released" } });
  }

  #note(version: string, entry: Omit<JournalEntry, "time" | "model" | "version">): void {
    const { journal, tell } = this.#around;
    const known = this.#versions.get(version);
    journal.add({ model: this.name, version, ...entry, ...describeForJournal(known, this.#open.get(version)) });
    tell(`${this.name} ${version}: ${entry.event}${entry.reason === undefined ? "" : `: ${entry.reason}`}`);
  }
}

function moveToEnd(versions: readonly string[], version: string): string[] {
  return [...versions.filter((other) => other !== version), version];
}
