import { posix } from "node:path";
import { ALLOWED_IMPORTS, folderOf } from "./import_direction.ts";
import { blankComments, blankCommentsAndStrings, type SourceFile } from "./source_text.ts";

/** A rule that every file of src and workers keeps. */
export interface HouseRule {
  readonly name: string;
  /** What is wrong, one "line: what" each; empty when the file keeps the rule. */
  readonly findViolations: (file: SourceFile) => string[];
}

const MAX_LINES = 300;
const MAX_COLUMNS = 120;

/** Imports point one way, as `ALLOWED_IMPORTS` says. */
export const importDirection: HouseRule = {
  name: "import direction",
  findViolations({ path, text }) {
    const folder = folderOf(path);
    const allowed = ALLOWED_IMPORTS[folder];
    if (!allowed) return [`1: folder ${folder} is not in the table of import_direction.ts`];
    const imports = blankComments(text).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]*)"/g);
    return [...imports].flatMap(({ index, 1: specifier = "" }) => {
      const target = posix.join(posix.dirname(path), specifier);
      const imported = folderOf(target);
      const isInSrc = target.startsWith("src/") || target.startsWith("workers/");
      if (isInSrc && (imported === folder || allowed.includes(imported))) return [];
      return [`${lineOf(text, index)}: ${folder || "src"} must not import ${target}`];
    });
  },
};

/** At most 300 lines. */
export const fileLength: HouseRule = {
  name: "file length",
  findViolations({ text }) {
    const lines = text.trimEnd().split("\n").length;
    return lines > MAX_LINES ? [`${lines}: more than ${MAX_LINES} lines`] : [];
  },
};

/** Comments are no wider than the formatter lets code be. */
export const commentWidth: HouseRule = {
  name: "comment width",
  findViolations({ text }) {
    return text.split("\n").flatMap((line, i) => {
      const isComment = /^\s*(?:\*|\/\*|\/\/)/.test(line);
      return isComment && line.length > MAX_COLUMNS ? [`${i + 1}: ${line.length} columns`] : [];
    });
  },
};

/** snake_case, and no name that says nothing. */
export const fileName: HouseRule = {
  name: "file name",
  findViolations({ path }) {
    const name = posix.basename(path);
    const isGood = /^[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(name) && !/^(index|utils?|helpers?|misc)\.ts$/.test(name);
    return isGood ? [] : [`1: ${name} is not a telling name in snake_case`];
  },
};

/** No comment that silences the compiler; the linter finds `any`, `value!` and the wall clock. */
export const noSilencedCompiler: HouseRule = {
  name: "no silenced compiler",
  findViolations: ({ text }) => findMatches(text, /@ts-(?:ignore|nocheck|expect-error)/g),
};

/** Randomness comes in as a named stream. */
export const noGlobalRandomness: HouseRule = {
  name: "no Math.random",
  findViolations: ({ text }) =>
    findMatches(blankCommentsAndStrings(text), /\bMath\s*\.\s*random\b|\brandomUUID\b|\bgetRandomValues\b/g),
};

/** No folder of the machine that it was written on. */
export const noMachinePath: HouseRule = {
  name: "no path of one machine",
  findViolations: ({ text }) => findMatches(text, /(?<![\w.])\/(?:work|root|tmp|home|Users)\/\w/g),
};

/** A test that does not wait for a promise passes whatever comes of it, and ends before its work does. */
export const awaitedExpectations: HouseRule = {
  name: "awaited expectations",
  findViolations: ({ text }) =>
    findMatches(blankComments(text), /(?<=[;{}]\s*)\bexpect\([^;]*?\)\s*\.\s*(?:rejects|resolves)\s*\.\s*\w+\(/g),
};

/** All of src and workers. */
export const HOUSE_RULES: readonly HouseRule[] = [
  importDirection,
  fileLength,
  commentWidth,
  fileName,
  noSilencedCompiler,
  noGlobalRandomness,
  noMachinePath,
];

function findMatches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => `${lineOf(text, index)}: ${match.trim()}`);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
