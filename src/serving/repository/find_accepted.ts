import type { JournalEntry } from "./journal.ts";
import type { VersionFile } from "./version_files.ts";

/** What was decided on the files that are there now. */
export interface FoundDecisions {
  /** Versions that were let through, or promoted by hand, and not rolled back since; the newest decision last. */
  readonly accepted: readonly string[];
  /** The name under which a version was judged, by version: there for all that were. */
  readonly judged: ReadonlyMap<string, string>;
}

/** Reads from a journal which versions were let through. What it says of files that were written anew since is old. */
export function findAccepted(entries: readonly JournalEntry[], files: readonly VersionFile[]): FoundDecisions {
  const marks = new Map(files.map(({ version, mark }) => [version, mark]));
  const judged = new Map<string, string>();
  let accepted: string[] = [];
  for (const { event, version, mark, model } of entries) {
    if (mark === undefined || marks.get(version) !== mark) continue;
    const others = accepted.filter((other) => other !== version);
    switch (event) {
      case "promoted":
      case "candidate":
        accepted = [...others, version];
        judged.set(version, model);
        break;
      case "refused":
        accepted = others;
        judged.set(version, model);
        break;
      case "rolledBack":
        accepted = accepted.slice(0, accepted.indexOf(version) + 1);
        break;
      case "retired":
      case "goneBack":
      case "wentOn":
        break;
    }
  }
  return { accepted, judged };
}
