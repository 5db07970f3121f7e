import { describeCause } from "../../core/errors/errors.ts";
import { ProtocolError } from "./protocol_error.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** An answer of JSON. */
export function jsonResponse(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: JSON_TYPE });
}

/** An answer without a body. */
export function emptyResponse(status = 200): Response {
  return new Response(null, { status });
}

/** An error as JSON with `error`. What is no `ProtocolError` is a defect: 500. */
export function errorResponse(error: unknown): Response {
  if (error instanceof ProtocolError) {
    const headers = { ...JSON_TYPE, ...error.headers };
    return new Response(JSON.stringify({ error: error.message }), { status: error.status, headers });
  }
  return jsonResponse({ error: describeCause(error) }, 500);
}
