import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A file of this project; `path` is relative to its root, with "/". */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const PROJECT_ROOT = new URL("../../", import.meta.url);

/** Reads every file below the folders given (relative to the project's root) whose name ends as one of `endings`. */
export function readProjectFiles(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => listFiles(folder).filter((path) => endings.some((end) => path.endsWith(end))))
    .map((path) => ({ path, text: readFileSync(new URL(path, PROJECT_ROOT), "utf8") }));
}

/** The files of one folder, without those below it. */
export function readFilesBeside(folder: string, endings: readonly string[]): SourceFile[] {
  return readdirSync(fileURLToPath(new URL(folder, PROJECT_ROOT)), { withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((end) => entry.name.endsWith(end)))
    .map((entry) => ({
      path: entry.name,
      text: readFileSync(new URL(`${folder}${entry.name}`, PROJECT_ROOT), "utf8"),
    }));
}

function listFiles(folder: string): string[] {
  return readdirSync(fileURLToPath(new URL(folder, PROJECT_ROOT)), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

const COMMENT = String.raw`\/\*[\s\S]*?\*\/|\/\/[^\n]*`;
const STRING = `${String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`}\`(?:\\\\.|[^\`\\\\])*\``;
const PATTERN = String.raw`(?<=[(,=:[!&|?{};\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`;
const TOKEN = new RegExp(`(${COMMENT})|(${STRING}|${PATTERN})`, "g");

/** The text without its comments; lines keep their numbers. */
export function blankComments(text: string): string {
  return text.replace(TOKEN, (token, comment: string | undefined) => (comment === undefined ? token : blank(token)));
}

/** The text without comments, strings and regular expressions; lines keep their numbers. */
export function blankCommentsAndStrings(text: string): string {
  return text.replace(TOKEN, blank);
}

function blank(token: string): string {
  return token.replace(/[^\n]/g, " ");
}
