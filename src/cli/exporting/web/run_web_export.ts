import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { formatBytes } from "../../../core/array_limit.ts";
import { formatJSON } from "../../../core/errors/printable.ts";
import { VERSION } from "../../../core/version.ts";
import type { CliContext } from "../../cli_context.ts";
import { CliError, refuse } from "../../cli_error.ts";
import { formatTable } from "../../format_table.ts";
import { findWebRuntime } from "./find_runtime.ts";
import { createFolderPage } from "./folder_page.ts";
import { readWebVersions } from "./read_web_versions.ts";
import { RUNTIME_LICENCE } from "./runtime_licence.ts";
import { VERSIONS_FILE, WEB_FOLDER_KIND, type WebVersions } from "./web_folder.ts";
import { assertWebFolderFree, writeWebFolder } from "./write_web_folder.ts";

/** What was typed. */
export interface WebExportOptions {
  /** The folder. */
  readonly web: string;
  readonly json: boolean;
  /** Options that were typed and are for one file. */
  readonly others: readonly string[];
}

/**
 * Writes a folder with a page that runs every version of a run in a browser, and prints what it holds.
 * @throws {CliError} If there is no image model, onnxruntime-web is missing, or the folder is something else.
 */
export async function runWebExport(run: string, options: WebExportOptions, { stdout }: CliContext): Promise<void> {
  const { web, json, others } = options;
  const [other] = others;
  if (others.includes("--out"))
    throw new CliError("give the file to be written with --out, or a folder with --web, not both");
  if (other !== undefined) throw new CliError(`--web takes the run's own files: ${other} is for --out`);
  await refuse(() => assertWebFolderFree(web));
  const runtime = await refuse(() => findWebRuntime());
  const read = await refuse(() => readWebVersions(run));
  const versions: WebVersions = {
    kind: WEB_FOLDER_KIND,
    name: basename(resolve(run)).replace(/\.onnx$/, ""),
    firn: VERSION,
    onnxruntime: runtime.version,
    versions: read.map(({ contents: _, ...version }) => version),
  };
  const encode = (text: string) => new TextEncoder().encode(text);
  const contents = new Map<string, Uint8Array>([
    ["index.html", encode(createFolderPage(versions.name))],
    [VERSIONS_FILE, encode(`${JSON.stringify(versions, null, 2)}\n`)],
    ["LICENCE-onnxruntime.txt", encode(RUNTIME_LICENCE)],
    ...read.map((version) => [version.file, version.contents] as const),
  ]);
  for (const [name, path] of runtime.files) contents.set(name, await readFile(path));
  await refuse(() => writeWebFolder(web, contents));
  const bytes = [...contents.values()].reduce((sum, { length }) => sum + length, 0);
  const names = read.map(({ version }) => version);
  const rows = [
    ["written", web],
    ["versions", names.join(", ")],
    ["size", formatBytes(bytes)],
  ];
  stdout.write(
    json ? formatJSON({ out: web, versions: names, bytes, files: [...contents.keys()] }, 2) : formatTable(rows),
  );
}
