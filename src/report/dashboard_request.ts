import { EXPORT_PATH } from "../runs/run_files.ts";

/** What a request asks of the dashboard, or why it gets none of it. */
export type DashboardRequest =
  | { readonly kind: "page" }
  /** The page's contents alone. */
  | { readonly kind: "main" }
  /** What the run is doing, in one line of text. */
  | { readonly kind: "progress" }
  /** An exported model, by its path within the run's folder. */
  | { readonly kind: "model"; readonly path: string }
  | { readonly kind: "refused"; readonly status: 400 | 403 | 404 | 405; readonly reason: string };

/** The parts of a request that decide what it asks for. */
export interface RequestLine {
  readonly method: string | undefined;
  /** The target as it was sent: "/main?x=1". */
  readonly target: string | undefined;
  /** The header Host. */
  readonly host: string | undefined;
}

/** The methods that the dashboard answers. */
export const ALLOWED_METHODS: readonly string[] = ["GET", "HEAD"];

/** Reads a request. The target is compared as it stands: it is never decoded, and names no file by itself. */
export function readRequest({ method = "", target = "", host }: RequestLine): DashboardRequest {
  // A page from elsewhere may resolve its own name to this machine: it must not read along.
  if (!isLocal(host)) return { kind: "refused", status: 403, reason: "Only this machine may ask" };
  if (!ALLOWED_METHODS.includes(method)) {
    return { kind: "refused", status: 405, reason: `The dashboard answers ${ALLOWED_METHODS.join(" and ")} alone` };
  }
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(target)) return { kind: "refused", status: 400, reason: "The path is malformed" };
  const [path = ""] = target.split("?", 1);
  if (path === "/") return { kind: "page" };
  if (path === "/main") return { kind: "main" };
  if (path === "/progress") return { kind: "progress" };
  const name = path.slice(1);
  if (EXPORT_PATH.test(name)) return { kind: "model", path: name };
  return { kind: "refused", status: 404, reason: "There is no such page" };
}

/** The names of loopback. Any port, because it may be forwarded. */
function isLocal(host: string | undefined): boolean {
  return host !== undefined && /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/i.test(host);
}
