import { ProtocolError } from "./protocol_error.ts";
import { errorResponse } from "./responses.ts";
import { type Route, Router } from "./router.ts";
import type { PeerFinder, RouteContext, Service } from "./service.ts";
import type { TokenCheck } from "./token_check.ts";

/** How requests are let in. */
export interface HandlerOptions {
  /** What the routes that change something ask for. Where none is set, only programs on this machine may ask. */
  readonly tokens: TokenCheck;
  readonly routes: readonly Route<RouteContext>[];
}

/** Answers requests. Nothing is thrown: every error is an answer of JSON with `error`. */
export class RequestHandler {
  readonly #service: Service;
  readonly #router: Router<RouteContext>;
  readonly #tokens: TokenCheck;
  #working = 0;

  constructor(service: Service, { tokens, routes }: HandlerOptions) {
    this.#service = service;
    this.#router = new Router(routes);
    this.#tokens = tokens;
  }

  /** Requests that are worked on. */
  get working(): number {
    return this.#working;
  }

  /** Answers one request. */
  readonly answer = async (request: Request, findPeer: PeerFinder): Promise<Response> => {
    const service = this.#service;
    this.#working += 1;
    try {
      const { route, parameters } = this.#router.find(request.method, readPath(request.url));
      if (route.isProtected) this.#authorize(request);
      const { maxConcurrency } = service.limits;
      if (this.#working > maxConcurrency) {
        const message = `at most ${maxConcurrency} requests are worked on at a time; try again`;
        throw new ProtocolError(503, message, { "retry-after": "1" });
      }
      const response = await route.answer({ request, service, findPeer }, parameters);
      // So that clients that keep their connection open find another server.
      if (service.isEnding) response.headers.set("connection", "close");
      return response;
    } catch (error) {
      return errorResponse(error);
    } finally {
      this.#working -= 1;
    }
  };

  /** @throws {ProtocolError} 401 without the token; 403 where a page of somebody else may be asking. */
  #authorize({ headers }: Request): void {
    if (this.#tokens.isSet) {
      this.#tokens.assertToken(headers.get("authorization"));
      return;
    }
    if (!isLocal(headers.get("host")) || !isOwnPage(headers)) {
      throw new ProtocolError(403, "this changes something: without a token only programs on this machine may ask");
    }
  }
}

/** Where the path begins: behind "http://host". */
function readPath(url: string): string {
  const start = url.indexOf("/", 8);
  if (start < 0) return "/";
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/** A page from elsewhere may resolve its own name to this machine. */
function isLocal(host: string | null): boolean {
  return host !== null && /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host);
}

/** Browsers say which page sends a request; programs say nothing. */
function isOwnPage(headers: Headers): boolean {
  const origin = headers.get("origin");
  return origin === null || origin === `http://${headers.get("host")}`;
}
