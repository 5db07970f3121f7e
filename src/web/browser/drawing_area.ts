/// <reference lib="dom" />
import type { BrowserFunction } from "../assemble_script.ts";
import { type ReadableAnswer, readAnswer } from "./answers.ts";
import { createDrawingPad, type DrawingPad } from "./drawing_pad.ts";
import { make, makeButton } from "./elements.ts";
import type { DescribedModel, ImageForm } from "./image_form.ts";
import { findDigitGrid, sampleGrid, toModelInput, toPicture } from "./pixels.ts";

/** A version that can be asked. */
export interface AskedVersion {
  readonly version: string;
  readonly description: DescribedModel;
  /** Undefined where it takes no images. */
  readonly form: ImageForm | undefined;
  /** What stands beside its number: "answers", say. */
  readonly note: string;
}

/** A row for a model, and the task that it belongs to. */
export interface AskedRow {
  readonly values: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly form: ImageForm;
  readonly task: number;
}

/** Where one draws or drops a picture, and sees what each version answers. */
export interface DrawingArea {
  readonly element: HTMLElement;
  /** Shows the answers of these versions from now on. */
  setVersions(versions: readonly AskedVersion[]): void;
}

/** @param ask Has a version answer: its first output, one number a column. */
export function createDrawingArea(
  form: ImageForm,
  ask: (version: string, row: AskedRow) => Promise<readonly number[]>,
): DrawingArea {
  const cards = make("div", [], { class: "answers", "aria-live": "polite" });
  const seen = make("canvas", [], {
    class: "seen",
    width: String(form.width),
    height: String(form.height),
    role: "img",
    "aria-label": "What the model sees",
  });
  let versions: readonly AskedVersion[] = [];
  let [isDrawn, isAsking, isStale] = [false, false, false];
  const askAll = async () => {
    const pixels = readPixels(pad, form, tools.isCentred());
    showPixels(seen, pixels, form);
    const task = tools.readTask();
    const shown = versions.map(async (one) => {
      if (!one.form || !isSameSize(one.form, form)) return makeCard(one, "takes other samples");
      const row = { values: toModelInput(pixels, one.form), form: one.form, task };
      const answered = await ask(one.version, row).then(
        (outputs) => readAnswer(outputs, one.description),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      return makeCard(one, answered);
    });
    cards.replaceChildren(...(await Promise.all(shown)));
  };
  // What is drawn while the answers are under way is asked once they are there.
  const answer = async () => {
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale) {
      isStale = false;
      await askAll();
    }
    isAsking = false;
  };
  const pad = createDrawingPad(form, () => {
    isDrawn = true;
    void answer();
  });
  const tools = createTools(pad, form, (kind) => {
    isDrawn = kind === "drawn";
    if (isDrawn) void answer();
    else cards.replaceChildren(...versions.map((one) => makeCard(one, undefined)));
  });
  const left = make("div", [pad.element, tools.element]);
  tools.element.append(make("div", [seen, "what the model sees"], { class: "row faint" }));
  return {
    element: make("div", [left, cards], { class: "drawing" }),
    setVersions(next) {
      versions = next;
      if (isDrawn) void answer();
      else cards.replaceChildren(...versions.map((one) => makeCard(one, undefined)));
    },
  };
}

function isSameSize(a: ImageForm, b: ImageForm): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

/** Buttons, file and settings below the pad. */
function createTools(pad: DrawingPad, form: ImageForm, onChange: (kind: "drawn" | "empty") => void) {
  const isDigit = form.height === 28 && form.width === 28 && form.channels === 1;
  const centre = make("input", [], { type: "checkbox" });
  centre.checked = isDigit;
  const task = make("input", [], { type: "number", min: "0", value: "0" });
  const file = make("input", [], { type: "file", accept: "image/*" });
  const problem = make("p", [], { class: "refused", role: "alert" });
  const take = async (given: File | null | undefined) => {
    if (!given) return;
    problem.textContent = "";
    try {
      const image = await createImageBitmap(given);
      pad.place(image);
      image.close();
      centre.checked = false;
      onChange("drawn");
    } catch {
      problem.textContent = `${given.name} is no image that this browser reads`;
    }
  };
  const clear = () => {
    pad.clear();
    centre.checked = isDigit;
    file.value = "";
    onChange("empty");
  };
  const invert = () => {
    pad.invert();
    onChange("drawn");
  };
  file.addEventListener("change", () => void take(file.files?.[0]));
  for (const input of [centre, task]) input.addEventListener("change", () => onChange("drawn"));
  acceptDrops(pad.element, (dropped) => void take(dropped));
  const rows = [make("div", [makeButton("Clear", clear), makeButton("Invert", invert)], { class: "row" })];
  if (form.channels === 3) rows.push(make("div", [makeColour(pad)], { class: "row" }));
  if (isDigit) rows.push(make("div", [make("label", [centre, " centred, as MNIST's digits are"])], { class: "row" }));
  if (form.taskInput !== undefined) rows.push(make("div", [make("label", ["task ", task])], { class: "row" }));
  rows.push(make("div", [make("label", ["or drop an image: ", file])], { class: "row" }));
  return {
    element: make("div", [...rows, problem], { class: "tools" }),
    isCentred: () => isDigit && centre.checked,
    readTask: () => Number(task.value),
  };
}

function makeColour(pad: DrawingPad): HTMLElement {
  const input = make("input", [], { type: "color", value: "#ffffff" });
  input.addEventListener("input", () => pad.setColour(input.value));
  return make("label", ["colour ", input]);
}

function acceptDrops(element: HTMLElement, take: (file: File | undefined) => void): void {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("dropping");
  });
  element.addEventListener("dragleave", () => element.classList.remove("dropping"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("dropping");
    take(event.dataTransfer?.files[0]);
  });
}

/** What stands on the pad, in the model's size. */
function readPixels(pad: DrawingPad, form: ImageForm, isCentred: boolean): Float32Array<ArrayBuffer> {
  const picture = pad.read();
  const grid = isCentred ? findDigitGrid(picture) : undefined;
  return sampleGrid(picture, grid ?? { left: 0, top: 0, cell: pad.cell }, form);
}

function showPixels(canvas: HTMLCanvasElement, pixels: Float32Array, form: ImageForm): void {
  canvas.getContext("2d")?.putImageData(new ImageData(toPicture(pixels, form), form.width, form.height), 0, 0);
}

/** What one version answers, or why it does not; nothing before one has drawn. */
function makeCard({ version, note }: AskedVersion, answer: ReadableAnswer | string | undefined): HTMLElement {
  const head = make("span", [`version ${version}${note === "" ? "" : `, ${note}`}`], { class: "faint" });
  const attributes = { class: "card", "data-version": version };
  if (answer === undefined) return make("div", [head, make("b", ["–"])], attributes);
  if (typeof answer === "string") return make("div", [head, make("p", [answer], { class: "refused" })], attributes);
  const lines = answer.lines.map(({ name, text, share }) => {
    const bar =
      share === undefined ? [] : [make("progress", [], { max: "1", value: String(share), "aria-hidden": "true" })];
    return make("li", [make("span", [name]), make("span", [text]), ...bar]);
  });
  return make("div", [head, make("b", [answer.title]), make("ol", lines)], attributes);
}

/** What a page needs of this file. */
export const DRAWING_FUNCTIONS: readonly BrowserFunction[] = [
  createDrawingArea,
  isSameSize,
  createTools,
  makeColour,
  acceptDrops,
  readPixels,
  showPixels,
  makeCard,
];
