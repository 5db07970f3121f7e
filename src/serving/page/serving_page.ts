import { html } from "../../report/html.ts";
import { assembleScript } from "../../web/assemble_script.ts";
import { completeWebPage, type WebPage } from "../../web/page_shell.ts";
import { SHARED_FUNCTIONS } from "../../web/shared_functions.ts";
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
    ...SHARED_FUNCTIONS,
  ]);
  const body = html`<main>
<header><h1>Firn serves</h1><p class="faint"><a href="metrics">metrics</a></p></header>
<p id="notice" class="notice" role="alert" hidden></p>
<div id="models"></div>
<noscript><p class="notice">This page needs JavaScript. The same stands in v2/models/NAME/versions and in metrics.</p></noscript>
</main>`;
  return completeWebPage({ title: "Firn serves", body, script });
}
