import { ProtocolError } from "./protocol_error.ts";

/** Names from a path: "digits" for ":model" in "/v2/models/:model". */
export type PathParameters = Readonly<Record<string, string>>;

/** What answers requests to a path. */
export interface Route<Context> {
  readonly method: "GET" | "POST";
  /** "/v2/models/:model/ready" */
  readonly path: string;
  /** Whether it changes something, and the token is asked for. */
  readonly isProtected?: boolean;
  readonly answer: (context: Context, parameters: PathParameters) => Promise<Response> | Response;
}

/** A route and what its path names. */
export interface Match<Context> {
  readonly route: Route<Context>;
  readonly parameters: PathParameters;
}

/** Paths that are kept: those of the models, not those that strangers think of. */
const MAX_KEPT = 512;

/** Finds the route of a path. Paths that were found once are found again at once. */
export class Router<Context> {
  readonly #routes: readonly { readonly route: Route<Context>; readonly parts: readonly string[] }[];
  readonly #kept = new Map<string, Match<Context>>();

  constructor(routes: readonly Route<Context>[]) {
    this.#routes = routes.map((route) => ({ route, parts: route.path.split("/") }));
  }

  /** @throws {ProtocolError} 404 if there is no such path, 405 if it takes other methods, 400 if it is malformed. */
  find(method: string, path: string): Match<Context> {
    const wanted = method === "HEAD" ? "GET" : method;
    const key = `${wanted} ${path}`;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const match = this.#search(wanted, path);
    if (this.#kept.size < MAX_KEPT) this.#kept.set(key, match);
    return match;
  }

  #search(method: string, path: string): Match<Context> {
    const parts = path.split("/").map(decode);
    const found = this.#routes.flatMap(({ route, parts: pattern }) => {
      const parameters = matchParts(pattern, parts);
      return parameters ? [{ route, parameters }] : [];
    });
    if (found.length === 0) throw new ProtocolError(404, `there is nothing at ${JSON.stringify(path.slice(0, 200))}`);
    const match = found.find(({ route }) => route.method === method);
    if (match) return match;
    const allow = found.map(({ route }) => route.method).join(", ");
    throw new ProtocolError(405, `this path answers ${allow}, got ${method}`, { allow });
  }
}

function matchParts(pattern: readonly string[], parts: readonly string[]): PathParameters | undefined {
  if (pattern.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    const part = parts[i] ?? "";
    if (expected.startsWith(":") && part !== "") parameters[expected.slice(1)] = part;
    else if (expected !== part) return undefined;
  }
  return parameters;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ProtocolError(400, "the path is malformed");
  }
}
