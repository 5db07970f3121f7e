import { html } from "../../../report/html.ts";
import { assembleScript } from "../../../web/assemble_script.ts";
import { completeWebPage } from "../../../web/page_shell.ts";
import { SHARED_FUNCTIONS } from "../../../web/shared_functions.ts";
import { FOLDER_PAGE_FUNCTIONS } from "./browser/start_folder_page.ts";
import { SESSION_FUNCTIONS } from "./browser/version_sessions.ts";
import { RUNTIME_FILES } from "./web_folder.ts";

/** The page of a folder that runs models in browsers: only onnxruntime-web, from that folder, may run beside it. */
export function createFolderPage(name: string): string {
  const script = assembleScript([...FOLDER_PAGE_FUNCTIONS, ...SESSION_FUNCTIONS, ...SHARED_FUNCTIONS]);
  const body = html`<main>
<header><h1>${name}</h1><p class="faint">every version runs in this browser: nothing that is drawn leaves it</p></header>
<p id="notice" class="notice" role="status">Loading onnxruntime …</p>
<section id="contents" class="model"></section>
<noscript><p class="notice">This page needs JavaScript.</p></noscript>
</main>
<script src="${RUNTIME_FILES[0]}"></script>`;
  return completeWebPage({ title: `${name} – Firn`, body, script, scriptSources: "'self' 'wasm-unsafe-eval'" }).text;
}
