import type { BrowserFunction } from "./assemble_script.ts";
import { CHART_FUNCTIONS } from "./browser/accuracy_chart.ts";
import { ANSWER_FUNCTIONS } from "./browser/answers.ts";
import { DRAWING_FUNCTIONS } from "./browser/drawing_area.ts";
import { PAD_FUNCTIONS } from "./browser/drawing_pad.ts";
import { ELEMENT_FUNCTIONS } from "./browser/elements.ts";
import { IMAGE_FORM_FUNCTIONS } from "./browser/image_form.ts";
import { PIXEL_FUNCTIONS } from "./browser/pixels.ts";

/** What every page needs on which one draws. */
export const SHARED_FUNCTIONS: readonly BrowserFunction[] = [
  ...DRAWING_FUNCTIONS,
  ...PAD_FUNCTIONS,
  ...PIXEL_FUNCTIONS,
  ...IMAGE_FORM_FUNCTIONS,
  ...ANSWER_FUNCTIONS,
  ...CHART_FUNCTIONS,
  ...ELEMENT_FUNCTIONS,
];
