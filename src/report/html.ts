import { escapeControlsInLines } from "../core/errors/printable.ts";
/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, HTML is kept, lists are joined, nothing is left out. */
export type HtmlPart = string | number | Html | undefined | readonly HtmlPart[];

/**
 * A template of HTML.
 * @example
 * html`<p>${"a < b"}</p>`.text; // <p>a &lt; b</p>
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(strings.reduce((text, string, i) => text + formatPart(parts[i - 1]) + string));
}

/** Text that is HTML already and is kept as it is. */
export function keepHtml(text: string): Html {
  return new Html(text);
}

function formatPart(part: HtmlPart): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "string" || typeof part === "number") return escapeText(String(part));
  return part.map(formatPart).join("");
}

/** What means something in HTML is written as an entity, a control character as an escape. */
function escapeText(text: string): string {
  return escapeControlsInLines(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
