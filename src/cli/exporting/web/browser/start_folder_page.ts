/// <reference lib="dom" />
import type { BrowserFunction } from "../../../../web/assemble_script.ts";
import { drawAccuracies } from "../../../../web/browser/accuracy_chart.ts";
import { type AskedRow, createDrawingArea } from "../../../../web/browser/drawing_area.ts";
import { make, makeTable } from "../../../../web/browser/elements.ts";
import { readImageForm } from "../../../../web/browser/image_form.ts";
import type { WebVersion, WebVersions } from "../web_folder.ts";
import { type BrowserRuntime, openVersion } from "./version_sessions.ts";

/** Loads every version of the folder, one after another, and shows what they answer. */
async function startFolderPage(): Promise<void> {
  const [notice, contents] = ["notice", "contents"].map((id) => document.getElementById(id));
  if (!notice || !contents) throw new Error("the page is not whole");
  const tell = (text: string) => {
    notice.textContent = text;
    notice.hidden = text === "";
  };
  if (location.protocol === "file:") {
    tell(
      "A browser loads nothing beside a page that it opened as a file. Serve this folder: python3 -m http.server, for example.",
    );
    return;
  }
  try {
    const runtime = findRuntime();
    const response = await loadFile("versions.json");
    const { versions }: WebVersions = await response.json();
    contents.append(...showAccuracies(versions));
    await showAnswers(versions, { runtime, contents, tell });
    tell("");
  } catch (error) {
    tell(`The models cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** onnxruntime-web, told to compute in this thread and to load nothing from elsewhere. */
function findRuntime(): BrowserRuntime {
  const runtime: BrowserRuntime | undefined = Reflect.get(globalThis, "ort");
  if (!runtime) throw new Error("ort.wasm.min.js is missing");
  const locate = (name: string) => new URL(name, document.baseURI).href;
  Object.assign(runtime.env.wasm, {
    numThreads: 1,
    proxy: false,
    wasmPaths: { mjs: locate("ort-wasm-simd-threaded.mjs"), wasm: locate("ort-wasm-simd-threaded.wasm") },
  });
  return runtime;
}

async function loadFile(name: string): Promise<Response> {
  const response = await fetch(name);
  if (response.ok) return response;
  throw new Error(`${name}: ${response.status} ${response.statusText}`);
}

/** The picture and table of accuracies, where there are any. */
function showAccuracies(versions: readonly WebVersion[]): readonly HTMLElement[] {
  const measured = versions.filter(({ accuracies }) => accuracies.length > 0);
  const experiences = [...new Set(measured.flatMap(({ accuracies }) => accuracies.map((one) => one.experience)))].sort(
    (a, b) => a - b,
  );
  const columns = experiences.map((experience) => `exp. ${experience}`);
  const rows = versions.map(({ version, accuracies, bytes }) => [
    version,
    ...experiences.map((experience) => {
      const found = accuracies.find((one) => one.experience === experience);
      return found ? found.accuracy.toFixed(4) : "";
    }),
    (bytes / 2 ** 20).toFixed(2),
  ]);
  const table = makeTable(["version", ...columns, "MiB"], rows, { numbers: [...columns, "MiB"] });
  if (measured.length === 0) return [table];
  const accepted = measured.map((one) => ({ ...one, isAccepted: true }));
  return [make("h3", ["Accuracy on each experience"]), drawAccuracies(accepted), table];
}

/** The drawing area; versions join it as they are loaded. */
async function showAnswers(
  versions: readonly WebVersion[],
  page: { readonly runtime: BrowserRuntime; readonly contents: HTMLElement; readonly tell: (text: string) => void },
): Promise<void> {
  const { runtime, contents, tell } = page;
  const forms = versions.map(({ description }) => readImageForm(description));
  const form = forms.find((one) => one);
  if (!form) throw new Error("no version takes images");
  const answering = new Map<string, (row: AskedRow) => Promise<readonly number[]>>();
  const area = createDrawingArea(form, async (version, row) => (await answering.get(version)?.(row)) ?? []);
  contents.append(make("h3", ["Draw, or drop an image"]), area.element);
  for (const [i, { version, file }] of versions.entries()) {
    tell(`Loading version ${version}, ${i + 1} of ${versions.length} …`);
    const response = await loadFile(file);
    answering.set(version, await openVersion(runtime, new Uint8Array(await response.arrayBuffer())));
    const loaded = versions.slice(0, i + 1);
    area.setVersions(loaded.map((one, n) => ({ ...one, form: forms[n], note: "" })));
  }
}

/** What the page needs of this file, the first of which starts it. */
export const FOLDER_PAGE_FUNCTIONS: readonly BrowserFunction[] = [
  startFolderPage,
  findRuntime,
  loadFile,
  showAccuracies,
  showAnswers,
];
