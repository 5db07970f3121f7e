import { existsSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "./source_text.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Folders of this project whose paths are looked up wherever a page names one. */
const FOLDERS = "(?:src|workers|test|scripts|docs|examples|proto)";
/** What commands make: not in a clone. */
const MADE = /^docs\/api(?:\/|$)/;

/** A page's links and paths that lead nowhere, one "line: what" each. */
export function findBrokenLinks(page: SourceFile, pages: readonly SourceFile[]): string[] {
  return [...findLinks(page, pages), ...findPaths(page)];
}

function findLinks(page: SourceFile, pages: readonly SourceFile[]): string[] {
  const text = blankCode(page.text);
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ index, 1: link = "" }) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = "", anchor] = link.split("#");
    const path = file === "" ? page.path : posix.join(posix.dirname(page.path), file);
    const found = `${lineOf(page.text, index)}: ${link}`;
    if (MADE.test(path)) return [];
    if (!existsSync(`${ROOT}${path}`)) return [found];
    const target = pages.find((candidate) => candidate.path === path);
    return anchor === undefined || (target && listAnchors(target.text).includes(anchor)) ? [] : [found];
  });
}

/** Paths within `code`, with "*" and "<name>" for any name. */
function findPaths({ text }: SourceFile): string[] {
  const pattern = new RegExp(String.raw`(?<![\w./-])${FOLDERS}/[\w./<>*-]*[\w/>*]`, "g");
  return [...text.matchAll(/`[^`\n]+`|^```[\s\S]*?^```/gm)].flatMap(({ index, 0: code }) =>
    [...code.matchAll(pattern)]
      .filter(({ 0: path }) => !MADE.test(path) && !matchesFile(path))
      .map((match) => `${lineOf(text, index + match.index)}: ${match[0]}`),
  );
}

function matchesFile(path: string, folder = ""): boolean {
  const [name = "", ...rest] = path.split("/");
  if (name === "") return true;
  if (!existsSync(`${ROOT}${folder}`)) return false;
  const pattern = new RegExp(`^${name.replace(/[.-]/g, "\\$&").replace(/\*|<[^>]*>/g, "[^/]*")}$`);
  const found = readdirSync(`${ROOT}${folder}`, { withFileTypes: true }).filter((entry) => pattern.test(entry.name));
  if (rest.length === 0) return found.length > 0;
  return found.some((entry) => entry.isDirectory() && matchesFile(rest.join("/"), `${folder}${entry.name}/`));
}

/** What links to a page's headings are called, as GitHub makes them. */
function listAnchors(text: string): string[] {
  return [...blankCode(text).matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Without blocks of code; lines keep their numbers. */
function blankCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
