/**
 * Writes the reference: docs/options.md, which lists what command lines can name with its options; docs/api.md, which
 * lists what is exported by task; and docs/api, all of it as HTML by `deno doc`. Fails where a page links to a page
 * that does not exist. With `--html`, docs/api alone is written.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type Entry, formatApiPage, listTypeNames, PARTS, takeFirstSentence } from "./api_page.ts";
import { formatOptionsPage } from "./options_page.ts";

const FOLDER = "docs/api";
const ROOT = pathToFileURL(resolve(".")).href;

const documentation = z.object({
  nodes: z.record(
    z.string(),
    z.object({
      symbols: z.array(
        z.object({
          name: z.string(),
          declarations: z.array(z.object({ jsDoc: z.object({ doc: z.string().optional() }).optional() })),
        }),
      ),
    }),
  ),
});

if (!process.argv.includes("--html")) {
  writeFileSync("docs/api.md", formatApiPage(readEntries()));
  writeFileSync("docs/options.md", formatOptionsPage());
}
rmSync(FOLDER, { recursive: true, force: true });
runDenoDoc(["--html", "--name=Firn", `--output=${FOLDER}`, ...PARTS.map(({ name }) => `src/${name}.ts`)]);
const broken = listPages().flatMap(finishPage);
for (const line of broken) console.error(line);
console.log(`${FOLDER}/index.html: ${broken.length} broken links`);
process.exitCode = broken.length > 0 ? 1 : 0;

/** What each part exports, as `deno doc` reads it. */
function readEntries(): Map<string, Entry[]> {
  const output = runDenoDoc(["--json", ...PARTS.map(({ name }) => `src/${name}.ts`)]);
  const { nodes } = documentation.parse(JSON.parse(output));
  return new Map(
    PARTS.map(({ name }) => {
      const symbols = nodes[`${ROOT}/src/${name}.ts`]?.symbols ?? [];
      const types = listTypeNames(readFileSync(`src/${name}.ts`, "utf8"));
      const entries = symbols.map((symbol) => ({
        name: symbol.name,
        isType: types.has(symbol.name),
        sentence: takeFirstSentence(symbol.declarations.find(({ jsDoc }) => jsDoc?.doc)?.jsDoc?.doc ?? ""),
      }));
      return [name, entries];
    }),
  );
}

function runDenoDoc(words: readonly string[]): string {
  return execFileSync("deno", ["doc", "--quiet", ...words], { encoding: "utf8", maxBuffer: 1 << 28 });
}

function listPages(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html"))
    .map((name) => join(FOLDER, name));
}

/**
 * Has a page show how to import from "firn", and link to sources beside it instead of to this machine's. The first page
 * gets a list of the parts.
 * @returns Its links that lead nowhere.
 */
function finishPage(path: string): string[] {
  const depth = "../".repeat(path.split("/").length - 1);
  const text = readFileSync(path, "utf8")
    .replace(/(from &quot;)(\w+)\.ts(?=&quot;)/g, (_, from: string, name: string) => `${from}${nameImport(name)}`)
    .replaceAll(`${ROOT}/`.replaceAll("/", "&#x2F;"), depth)
    .replace("<main></main>", `<main>${listParts()}</main>`);
  writeFileSync(path, text);
  const links = [...text.matchAll(/href="([^"]*)"/g)].map(({ 1: link = "" }) => link.replaceAll("&#x2F;", "/"));
  const files = new Set(links.map((link) => link.split("#")[0] ?? "").filter((link) => link !== ""));
  return [...files]
    .filter((link) => !/^(?:https?|data):/.test(link) && !existsSync(join(dirname(path), link)))
    .map((link) => `${path}: ${link}`);
}

/** Where a program imports a part's names from. */
function nameImport(part: string): string {
  return PARTS.some(({ name, isApart }) => name === part && isApart) ? `firn/${part}` : "firn";
}

function listParts(): string {
  const items = PARTS.map(
    ({ name, title }) => `<li><a href="./${name}.ts/index.html">${title}</a> (firn/${name})</li>`,
  );
  return `<h1>Firn</h1><ul>${items.join("")}</ul>`;
}
