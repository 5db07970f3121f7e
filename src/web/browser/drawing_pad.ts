/// <reference lib="dom" />
import type { BrowserFunction } from "../assemble_script.ts";
import { make } from "./elements.ts";
import type { ImageForm } from "./image_form.ts";
import type { Picture } from "./pixels.ts";

/** A black ground to draw on by pointer or keys. */
export interface DrawingPad {
  readonly element: HTMLElement;
  /** Pixels of the pad for one of the model. */
  readonly cell: number;
  read(): Picture;
  clear(): void;
  /** Dark becomes bright. */
  invert(): void;
  /** Puts a picture on the pad, whole and in the middle; one of the model's size keeps its pixels. */
  place(image: ImageBitmap): void;
  setColour(colour: string): void;
}

/** @param onChange Is called after each stroke, and all else that changes the picture. */
export function createDrawingPad({ height, width }: ImageForm, onChange: () => void): DrawingPad {
  const cell = Math.max(1, Math.floor(280 / Math.max(height, width)));
  const canvas = make("canvas", [], {
    width: String(width * cell),
    height: String(height * cell),
    tabindex: "0",
    role: "img",
    "aria-label": "Drawing: arrow keys move the pen, with Shift they draw, Space makes a dot, Delete clears",
  });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser cannot draw");
  const pen = make("span", [], { class: "pen" });
  let colour = "#ffffff";
  const clear = () => {
    context.fillStyle = "#000000";
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  const line = (from: readonly [number, number], to: readonly [number, number]) => {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(canvas.width, canvas.height) / 13;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from[0], from[1]);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
  };
  const read = () => context.getImageData(0, 0, canvas.width, canvas.height);
  clear();
  followPointer(canvas, { line, onChange });
  followKeys(canvas, { line, pen, cell, onChange, clear });
  return {
    element: make("div", [canvas, pen], { class: "pad" }),
    cell,
    read,
    clear,
    invert() {
      const picture = read();
      for (let i = 0; i < picture.data.length; i++) if (i % 4 < 3) picture.data[i] = 255 - (picture.data[i] ?? 0);
      context.putImageData(picture, 0, 0);
    },
    place(image) {
      clear();
      context.imageSmoothingEnabled = image.width !== width || image.height !== height;
      context.imageSmoothingQuality = "high";
      const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
      const [w, h] = [image.width * scale, image.height * scale];
      context.drawImage(image, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
    },
    setColour(value) {
      colour = value;
    },
  };
}

type Line = (from: readonly [number, number], to: readonly [number, number]) => void;

/** Draws while a pointer is down. */
function followPointer(
  canvas: HTMLCanvasElement,
  { line, onChange }: { readonly line: Line; readonly onChange: () => void },
): void {
  let last: readonly [number, number] | undefined;
  const locate = ({ clientX, clientY }: PointerEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) * canvas.width) / box.width, ((clientY - box.top) * canvas.height) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = locate(event);
    line(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = locate(event);
    line(last, next);
    last = next;
  });
  const lift = () => {
    if (!last) return;
    last = undefined;
    onChange();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

/** Arrows move a pen by one pixel of the model, and draw with Shift. */
function followKeys(
  canvas: HTMLCanvasElement,
  tools: {
    readonly line: Line;
    readonly pen: HTMLElement;
    readonly cell: number;
    readonly onChange: () => void;
    readonly clear: () => void;
  },
): void {
  const { line, pen, cell, onChange, clear } = tools;
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-cell, 0],
    ArrowRight: [cell, 0],
    ArrowUp: [0, -cell],
    ArrowDown: [0, cell],
  };
  let at: readonly [number, number] = [canvas.width / 2, canvas.height / 2];
  const move = (next: readonly [number, number]) => {
    at = [Math.min(canvas.width, Math.max(0, next[0])), Math.min(canvas.height, Math.max(0, next[1]))];
    pen.style.left = `${(100 * at[0]) / canvas.width}%`;
    pen.style.top = `${(100 * at[1]) / canvas.height}%`;
  };
  move(at);
  canvas.addEventListener("keydown", (event) => {
    const { key, shiftKey } = event;
    const step = steps[key];
    if (!step && key !== " " && key !== "Delete" && key !== "Backspace") return;
    event.preventDefault();
    const from = at;
    if (step) move([at[0] + step[0], at[1] + step[1]]);
    if (step && !shiftKey) return;
    if (key === "Delete" || key === "Backspace") clear();
    else line(from, at);
    onChange();
  });
}

/** What a page needs of this file. */
export const PAD_FUNCTIONS: readonly BrowserFunction[] = [createDrawingPad, followPointer, followKeys];
