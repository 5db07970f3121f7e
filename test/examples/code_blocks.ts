import { readFilesBeside, readProjectFiles, type SourceFile } from "../project/source_text.ts";

/** A fenced block of a Markdown page. */
export interface CodeBlock {
  readonly page: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  /** What stands behind the fence: "ts", "ts run", "sh" … */
  readonly info: string;
  readonly text: string;
}

/** A TypeScript module made of a page's blocks. Its lines have the numbers that they have in the page. */
export interface PageModule {
  readonly page: string;
  readonly line: number;
  readonly text: string;
  /** Whether one of its blocks is marked "ts run". */
  readonly runs: boolean;
}

/** Every page that people read. */
export function readPages(): SourceFile[] {
  return [...readFilesBeside("./", [".md"]), ...readProjectFiles(["docs"], [".md"])];
}

/** The fenced blocks of a page, in order. */
export function listCodeBlocks({ path, text }: SourceFile): CodeBlock[] {
  return [...text.matchAll(/^```([^\n`]+)\n([\s\S]*?)^```$/gm)].map(({ index, 1: info = "", 2: code = "" }) => ({
    page: path,
    line: text.slice(0, index).split("\n").length + 1,
    info: info.trim(),
    text: code,
  }));
}

/**
 * The modules of a page: a TypeScript block that begins with an import begins a module, one without goes on with the
 * block before it.
 * @throws {Error} If the page's first TypeScript block imports nothing.
 */
export function listPageModules(page: SourceFile): PageModule[] {
  const groups: CodeBlock[][] = [];
  for (const block of listCodeBlocks(page).filter(({ info }) => /^ts\b/.test(info))) {
    const group = groups.at(-1);
    if (block.text.startsWith("import ")) groups.push([block]);
    else if (group) group.push(block);
    else throw new Error(`${block.page}:${block.line}: the first block of a page must begin with its imports`);
  }
  return groups.map((blocks) => ({
    page: page.path,
    line: blocks[0]?.line ?? 0,
    text: joinBlocks(blocks),
    runs: blocks.some(({ info }) => info === "ts run"),
  }));
}

function joinBlocks(blocks: readonly CodeBlock[]): string {
  const lines: string[] = [];
  for (const { line, text } of blocks) {
    while (lines.length < line - 1) lines.push("");
    lines.push(...text.trimEnd().split("\n"));
  }
  return `${lines.join("\n")}\n`;
}
