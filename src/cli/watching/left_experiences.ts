import type { NewExperiences } from "./watch_experiences.ts";

/** Experiences that were refused: each is told once, and left until its files change. */
export class LeftExperiences {
  readonly #report: (line: string) => void;
  /** What the files of an experience were like when it was refused by itself. */
  readonly #marks = new Map<string, string>();
  /** What the files of an experience were like when it was tried last. */
  readonly #tried = new Map<string, string>();
  /** What was told of an experience, or of several together, by their names. */
  readonly #told: Map<string, string>;
  /** Refused together: one of them need not be the cause, and they are tried again with what comes. */
  #refused: ReadonlyMap<string, string> = new Map();

  /**
   * @param report Gets the reason, in one line.
   * @param told Reasons that were told before, by the names of experiences.
   */
  constructor(report: (line: string) => void, told: ReadonlyMap<string, string> = new Map()) {
    this.#report = report;
    this.#told = new Map(told);
  }

  /** Those of `found` that may be tried; undefined where there are none, or they are as they were when refused. */
  choose(found: NewExperiences): NewExperiences | undefined {
    const marks = new Map([...found.marks].filter(([name, mark]) => this.#marks.get(name) !== mark));
    if (marks.size === 0 || isSame(marks, this.#refused)) return undefined;
    for (const [name, mark] of marks) {
      if (this.#tried.has(name) && this.#tried.get(name) !== mark) this.#told.delete(name);
      this.#tried.set(name, mark);
    }
    return { marks };
  }

  /** Whether all that were refused together are among these, unchanged. */
  hasSame({ marks }: NewExperiences): boolean {
    return [...this.#refused].every(([name, mark]) => marks.get(name) === mark);
  }

  /** Leaves one experience, whatever comes. */
  leave(name: string, { mark, reason }: { readonly mark: string; readonly reason: string }): void {
    this.#marks.set(name, mark);
    this.#tell(name, reason);
  }

  /** Leaves all of these until one of them changes or others come. */
  leaveTogether({ marks }: NewExperiences, reason: string): void {
    this.#refused = marks;
    this.#tell(marks.size === 1 ? String([...marks.keys()][0]) : "", reason);
  }

  #tell(whose: string, reason: string): void {
    if (this.#told.get(whose) === reason) return;
    this.#told.set(whose, reason);
    this.#report(reason);
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, mark]) => b.get(name) === mark);
}
