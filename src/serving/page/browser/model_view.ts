/// <reference lib="dom" />
import type { BrowserFunction } from "../../../web/assemble_script.ts";
import { drawAccuracies } from "../../../web/browser/accuracy_chart.ts";
import { formatNumber } from "../../../web/browser/answers.ts";
import { createDrawingArea, type DrawingArea } from "../../../web/browser/drawing_area.ts";
import { make, makeButton, makeTable, replaceContents } from "../../../web/browser/elements.ts";
import { type DescribedModel, readImageForm } from "../../../web/browser/image_form.ts";
import {
  describeCandidate,
  describeGate,
  describeState,
  type ListedVersion,
  type ListedVersions,
} from "./described_versions.ts";
import { addressOf, askInDialog, inferRow, request } from "./server_requests.ts";
import { measureTraffic, type TrafficSample } from "./traffic.ts";

/** What the page shows of one model. */
export interface ModelView {
  readonly element: HTMLElement;
  update(now: TrafficSample, before: TrafficSample | undefined): Promise<void>;
}

/** @param change Changes something on the server, and shows what became of it. */
export function createModelView(model: string, change: (path: string, body?: object) => Promise<void>): ModelView {
  const summary = make("p", [], { role: "status" });
  const [versions, traffic, drawing] = [make("div"), make("div"), make("div")];
  const element = make("section", [make("h2", [model]), summary, versions, drawing, traffic], {
    class: "model",
    "data-model": model,
  });
  const showDrawing = createDrawingView(model, drawing);
  let shown = "";
  return {
    element,
    async update(now, before) {
      const listed = pickListed(await request<ListedVersions>(`${addressOf(model)}/versions`));
      summary.textContent = describeSummary(listed);
      // What has not changed stays: buttons keep their focus, and texts their selection.
      const fresh = JSON.stringify({ ...listed, versions: listed.versions.map(({ agreement: _, ...one }) => one) });
      if (fresh !== shown) {
        shown = fresh;
        replaceContents(versions, showVersions(listed, change));
        await showDrawing(listed);
      }
      traffic.replaceChildren(make("h3", ["Traffic"]), showTraffic(model, now, before));
    },
  };
}

/** The answer of …/versions, without the counts that change with every request. */
function pickListed({ name, current, candidate, versions }: ListedVersions): ListedVersions {
  return {
    name,
    current,
    candidate,
    versions: versions.map(({ version, state, reason, can_be_forced, accuracies, is_loaded, agreement }) => ({
      version,
      state,
      accuracies,
      is_loaded,
      ...(reason === undefined ? {} : { reason }),
      ...(can_be_forced === undefined ? {} : { can_be_forced }),
      ...(agreement === undefined ? {} : { agreement }),
    })),
  };
}

function describeSummary(listed: ListedVersions): string {
  const { current } = listed;
  const answers = current === null ? "No version answers." : `Version ${current} answers.`;
  return `${answers} ${describeCandidate(listed)}`.trim();
}

/** The picture of accuracies, and the table of versions. */
function showVersions(
  listed: ListedVersions,
  change: (path: string, body?: object) => Promise<void>,
): readonly HTMLElement[] {
  const measured = listed.versions.filter(({ accuracies }) => accuracies.length > 0);
  const experiences = [...new Set(measured.flatMap(({ accuracies }) => accuracies.map((one) => one.experience)))].sort(
    (a, b) => a - b,
  );
  const columns = experiences.map((experience) => `exp. ${experience}`);
  const rows = listed.versions.map((version) => [
    version.version,
    makeState(listed, version),
    ...experiences.map((experience) => {
      const found = version.accuracies.find((one) => one.experience === experience);
      return found ? found.accuracy.toFixed(4) : "";
    }),
    make("span", [describeGate(version)], { class: version.state === "refused" ? "refused reason" : "reason" }),
    makeActions(listed, version, change),
  ]);
  const table = makeTable(["version", "state", ...columns, "gate", ""], rows, { numbers: columns });
  const chart = measured.map(({ version, accuracies, state }) => ({
    version,
    accuracies,
    isAccepted: state !== "refused",
  }));
  const back = makeButton("Roll back", () => void change(`${addressOf(listed.name)}/rollback`), "rollback");
  return [
    ...(measured.length > 0 ? [make("h3", ["Accuracy on each experience"]), drawAccuracies(chart)] : []),
    table,
    make("p", [back], { class: "row" }),
  ];
}

function makeState(listed: ListedVersions, version: ListedVersion): HTMLElement {
  const words = describeState(listed, version);
  const kinds = { answers: "current", candidate: "candidate", refused: "refused" };
  const kind = Object.entries(kinds).find(([word]) => words.startsWith(word))?.[1] ?? "";
  return make("span", [words], { class: kind });
}

function makeActions(
  { name, current }: ListedVersions,
  { version, state, can_be_forced = false, is_loaded, reason = "" }: ListedVersion,
  change: (path: string, body?: object) => Promise<void>,
): Node | string {
  const path = `${addressOf(name, version)}/promote`;
  if (version === current || state === "loading") return "";
  if (state !== "refused" || is_loaded) return makeButton("Promote", () => void change(path), `promote ${version}`);
  if (!can_be_forced) return "";
  const force = async () => {
    const question = `Version ${version} was refused: ${reason}. Let it answer all the same?`;
    if ((await askInDialog(question, { confirm: "Promote it" })) !== undefined) await change(path, { force: true });
  };
  return makeButton("Promote all the same", () => void force(), `promote ${version}`);
}

function showTraffic(model: string, now: TrafficSample, before: TrafficSample | undefined): HTMLElement {
  const ms = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(2));
  const rows = measureTraffic(model, now, before).map((one) => [
    one.version,
    String(one.requests),
    String(one.rows),
    String(one.errors),
    one.requestsPerSecond === undefined ? "–" : formatNumber(Number(one.requestsPerSecond.toFixed(1))),
    ms(one.latencyMs),
    ms(one.queueMs),
  ]);
  const numbers = ["requests", "rows", "errors", "requests a second", "ms a request", "of it waiting"];
  return makeTable(["version", ...numbers], rows, { numbers });
}

/** Shows the drawing area where a model takes images, with the versions that are loaded. */
function createDrawingView(model: string, place: HTMLElement): (listed: ListedVersions) => Promise<void> {
  let area: DrawingArea | undefined;
  return async (listed) => {
    const loaded = listed.versions.filter(({ is_loaded }) => is_loaded);
    const asked = await Promise.all(
      loaded.map(async (one) => {
        const description = await request<DescribedModel>(addressOf(model, one.version));
        return {
          version: one.version,
          description,
          form: readImageForm(description),
          note: describeState(listed, one),
        };
      }),
    );
    const form = asked.find((one) => one.form)?.form;
    if (!form) return;
    if (!area) {
      area = createDrawingArea(form, (version, row) => inferRow(model, version, row));
      place.replaceChildren(make("h3", ["Draw, or drop an image"]), area.element);
    }
    area.setVersions(asked);
  };
}

/** What the page needs of this file. */
export const MODEL_FUNCTIONS: readonly BrowserFunction[] = [
  createModelView,
  pickListed,
  describeSummary,
  showVersions,
  makeState,
  makeActions,
  showTraffic,
  createDrawingView,
];
