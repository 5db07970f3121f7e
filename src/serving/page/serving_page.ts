import { html } from "../../report/html.ts";
import { assembleScript } from "../../web/assemble_script.ts";
import { CHART_FUNCTIONS } from "../../web/browser/accuracy_chart.ts";
import { ANSWER_FUNCTIONS } from "../../web/browser/answers.ts";
import { DRAWING_FUNCTIONS } from "../../web/browser/drawing_area.ts";
import { PAD_FUNCTIONS } from "../../web/browser/drawing_pad.ts";
import { ELEMENT_FUNCTIONS } from "../../web/browser/elements.ts";
import { IMAGE_FORM_FUNCTIONS } from "../../web/browser/image_form.ts";
import { PIXEL_FUNCTIONS } from "../../web/browser/pixels.ts";
import { completeWebPage, type WebPage } from "../../web/page_shell.ts";
import { STATE_FUNCTIONS } from "./browser/described_versions.ts";
import { MODEL_FUNCTIONS } from "./browser/model_view.ts";
import { REQUEST_FUNCTIONS } from "./browser/server_requests.ts";
import { startServingPage } from "./browser/start_serving_page.ts";
import { TRAFFIC_FUNCTIONS } from "./browser/traffic.ts";

/** The page of a server. It holds nothing of the models: it asks the server itself. */
export function createServingPage(): WebPage {
  const script = assembleScript([
    startServingPage,
    ...MODEL_FUNCTIONS,
    ...REQUEST_FUNCTIONS,
    ...STATE_FUNCTIONS,
    ...TRAFFIC_FUNCTIONS,
    ...DRAWING_FUNCTIONS,
    ...PAD_FUNCTIONS,
    ...PIXEL_FUNCTIONS,
    ...IMAGE_FORM_FUNCTIONS,
    ...ANSWER_FUNCTIONS,
    ...CHART_FUNCTIONS,
    ...ELEMENT_FUNCTIONS,
  ]);
  const body = html`<main>
<header><h1>Firn serves</h1><p class="faint"><a href="metrics">metrics</a></p></header>
<p id="notice" class="notice" role="alert" hidden></p>
<div id="models"></div>
<noscript><p class="notice">This page needs JavaScript. The same stands in v2/models/NAME/versions and in metrics.</p></noscript>
</main>`;
  return completeWebPage({ title: "Firn serves", body, script });
}
