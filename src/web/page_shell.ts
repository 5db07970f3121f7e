import { createHash } from "node:crypto";
import { type Html, html, keepHtml } from "../report/html.ts";
import { PAGE_STYLE } from "../report/page_style.ts";
import { WEB_STYLE } from "./web_style.ts";

/** What stands in a page. */
export interface PageContents {
  readonly title: string;
  readonly body: Html;
  readonly script: string;
  /** What scripts may come from besides the page's own: "'self' 'wasm-unsafe-eval'". Default: nothing. */
  readonly scriptSources?: string;
}

/** A page in one file, and what a browser may do with it. */
export interface WebPage {
  readonly text: string;
  /** The value of Content-Security-Policy: the page says it, too, except for what only a header can. */
  readonly policy: string;
}

/** A page with one script and one style, both in it, and known to its policy by their hashes. */
export function completeWebPage({ title, body, script, scriptSources = "" }: PageContents): WebPage {
  const style = `${PAGE_STYLE}${WEB_STYLE}`;
  const policy = [
    "default-src 'none'",
    `style-src ${hashSource(style)}`,
    `script-src ${[hashSource(script), scriptSources].join(" ").trim()}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${keepHtml(style)}</style>
</head>
<body>
${body}
<script>${keepHtml(script)}</script>
</body>
</html>
`.text;
  return { text, policy: `${policy}; frame-ancestors 'none'` };
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
