import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { describeValue, RefusalError } from "../core/errors/errors.ts";
import { compareNaturally } from "../core/natural_order.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { flag, text } from "../core/options/value_rules.ts";
import { writeAtomically } from "../core/write_atomically.ts";
import { createPage } from "./create_page.ts";
import { listFigures } from "./list_figures.ts";
import { readRuns } from "./read_run.ts";
import { renderFigure } from "./render_figure.ts";
import { completeSvg, rasterizeSvg } from "./standalone_svg.ts";

/** What to write beside the page, and where. */
export interface ReportOptions {
  /** The page. Default: report.html in the run's folder, or in the current folder for several runs. */
  readonly out?: string | undefined;
  /** True writes each figure as an SVG file beside the page. */
  readonly svg?: boolean;
  /** True writes each figure as a PNG file beside the page. */
  readonly png?: boolean;
}

const REPORT_RULES: OptionRules<ReportOptions> = { out: text(), svg: flag(), png: flag() };

/**
 * Writes an HTML page on one run directory, or on several side by side, and its figures as files if asked for. A
 * sweep's folder stands for its runs.
 * @returns The files that were written, the page first.
 * @throws {RefusalError} If a folder holds no run, or a file of it is not what a run writes; nothing was written then.
 */
export async function writeReport(folders: readonly string[], options: ReportOptions = {}): Promise<string[]> {
  assertOptions("writeReport", options, REPORT_RULES);
  const [first, ...others] = folders;
  if (first === undefined) throw new RefusalError("a report needs the folder of a run");
  const page = options.out ?? (others.length > 0 ? "report.html" : join(first, "report.html"));
  if (extname(page) !== ".html") throw new RefusalError(`--out must end in .html, got ${describeValue(page)}`);
  const runs = await readRuns(await expandSweeps(folders));
  const folder = resolve(dirname(page));
  const text = await createPage(runs, { folder });
  await mkdir(folder, { recursive: true });
  await write(page, text);
  const written = [page];
  if (!options.svg && !options.png) return written;
  const stem = join(dirname(page), basename(page, ".html"));
  for (const { name, spec } of listFigures(runs).flatMap(({ figures }) => figures)) {
    const svg = completeSvg(await renderFigure(spec));
    const files = [
      ...(options.svg ? [{ path: `${stem}-${name}.svg`, content: svg }] : []),
      ...(options.png ? [{ path: `${stem}-${name}.png`, content: await rasterizeSvg(svg) }] : []),
    ];
    for (const { path, content } of files) await write(path, content);
    written.push(...files.map(({ path }) => path));
  }
  return written;
}

/** The runs of a sweep in place of the sweep's folder. */
async function expandSweeps(folders: readonly string[]): Promise<string[]> {
  const expanded = await Promise.all(
    folders.map(async (folder) => {
      if (!existsSync(join(folder, "sweep.json"))) return [folder];
      const names = (await readdir(folder)).toSorted(compareNaturally);
      const runs = names.map((name) => join(folder, name)).filter((path) => existsSync(join(path, "config.json")));
      if (runs.length === 0) throw new RefusalError(`${folder} holds a sweep of which no run has begun`);
      return runs;
    }),
  );
  return expanded.flat();
}

function write(path: string, content: string | Uint8Array): Promise<void> {
  return writeAtomically(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
}
