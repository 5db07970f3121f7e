import { VERSION } from "../../core/version.ts";
import type { WebPage } from "../../web/page_shell.ts";
import { jsonResponse } from "../protocol/responses.ts";
import type { Route } from "../protocol/router.ts";
import type { RouteContext } from "../protocol/service.ts";

/** One address gives both, by what is accepted. */
const ALWAYS = { vary: "accept", "cache-control": "no-store" };

let page: Promise<WebPage> | undefined;

/** What the server is: a page for browsers, JSON for everybody else. */
export const PAGE_ROUTE: Route<RouteContext> = {
  method: "GET",
  path: "/",
  async answer({ request, service }) {
    if (!service.hasPage || !prefersHtml(request.headers.get("accept"))) return answerIndex(service);
    page ??= import("./serving_page.ts").then(({ createServingPage }) => createServingPage());
    const { text, policy } = await page;
    return new Response(text, {
      headers: {
        ...ALWAYS,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      },
    });
  },
};

async function answerIndex({ control }: RouteContext["service"]): Promise<Response> {
  const { body } = await control.ask({ kind: "models" });
  const response = jsonResponse({ name: "firn", version: VERSION, models: body, protocol: "/v2", metrics: "/metrics" });
  for (const [name, value] of Object.entries(ALWAYS)) response.headers.set(name, value);
  return response;
}

/** Whether HTML is asked for by name, and no less than JSON. A client that takes anything gets JSON. */
export function prefersHtml(accept: string | null): boolean {
  const wanted = new Map<string, number>();
  for (const part of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...settings] = part.split(";").map((text) => text.trim());
    const [, quality] = settings.map((text) => /^q=([\d.]+)$/.exec(text)).find((match) => match) ?? [];
    wanted.set(type, quality === undefined ? 1 : Number(quality));
  }
  const html = wanted.get("text/html") ?? 0;
  return html > 0 && html >= (wanted.get("application/json") ?? 0);
}
