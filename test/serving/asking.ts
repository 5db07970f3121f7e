/** An answer of the server: its status, headers and JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at.
  readonly json: any;
}

/** Sends a request; a body of JSON is written from a value. */
export async function ask(url: string, { method, body, headers = {} }: AskOptions = {}): Promise<Answer> {
  const given =
    body === undefined || body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    ...(given === undefined ? {} : { body: given instanceof Uint8Array ? new Uint8Array(given) : given }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: parse(text) };
}

/** What is sent. */
export interface AskOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A request of JSON for one tensor of rows. */
export function makeRequest(rows: readonly (readonly number[])[], more: object = {}) {
  const shape = [rows.length, rows[0]?.length ?? 0];
  return { inputs: [{ name: "input", datatype: "FP32", shape, data: rows }], ...more };
}

/** A request with a binary tensor behind its JSON, and the header that says where it begins. */
export function makeBinaryRequest(values: Float32Array, shape: readonly number[], more: object = {}) {
  const parameters = { binary_data_size: values.byteLength };
  const head = JSON.stringify({ inputs: [{ name: "input", datatype: "FP32", shape, parameters }], ...more });
  const headBytes = new TextEncoder().encode(head);
  const body = new Uint8Array(headBytes.length + values.byteLength);
  body.set(headBytes);
  body.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), headBytes.length);
  return { body, headers: { "inference-header-content-length": String(headBytes.length) } };
}
