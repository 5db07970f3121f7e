import { deflateSync, gzipSync } from "node:zlib";
import type { RandomStream } from "../../src/core/random_stream.ts";
import { makeBinaryRequest, makeRequest } from "./asking.ts";

/** A request as a stranger may send it. */
export interface StrangeRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e15,
  1e308,
  "",
  "FP32",
  "x".repeat(300),
  [],
  [[]],
  {},
  { a: {} },
  [1, "2"],
  [null],
  "\u0000",
];
const PATHS = ["/v2/models/made/infer", "/v2/models/made/versions/0/infer", "/v2/models/made/versions/-1/infer"];
const OTHER_PATHS = [
  "/",
  "/v2",
  "/v2/",
  "/v2/models",
  "/v2/models/%00/infer",
  "/v2/repository/index",
  "/v2/models/made/versions",
];
const METHODS = ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"];
const ENCODINGS = ["gzip", "deflate", "br", "zstd", "identity"];

/** Makes requests that are wrong in one or several ways, always the same for a stream of random numbers. */
export function makeStrangeRequest(random: RandomStream): StrangeRequest {
  const pick = <Value>(values: readonly Value[]): Value => values[random.integer(values.length)] as Value;
  const chance = (odds: number) => random.integer(100) < odds;
  const binary = makeBinaryRequest(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  let headers: Record<string, string> = {};
  let body: Uint8Array<ArrayBuffer>;
  if (chance(30)) {
    body = new Uint8Array(binary.body);
    headers = { ...binary.headers };
    if (chance(30)) headers["inference-header-content-length"] = pick(["0", "1", "-1", "1e3", "99999999", "x", ""]);
  } else if (chance(15)) {
    const depth = 1 + random.integer(6000);
    body = encode(pick(["[", '{"a":', '{"inputs":[', "[[1],"]).repeat(depth));
  } else {
    body = encode(
      JSON.stringify(
        change(
          makeRequest(
            [
              [1, 2, 3],
              [4, 5, 6],
            ],
            { outputs: [{ name: "logits" }] },
          ),
          { pick, chance },
        ),
      ),
    );
  }
  if (chance(20)) body = body.slice(0, random.integer(body.length + 1));
  if (chance(10)) body[random.integer(Math.max(1, body.length))] = random.integer(256);
  if (chance(15)) {
    const encoding = pick(ENCODINGS);
    headers["content-encoding"] = encoding;
    if (chance(50) && encoding === "gzip") body = new Uint8Array(gzipSync(body));
    if (chance(50) && encoding === "deflate") body = new Uint8Array(deflateSync(body));
  }
  if (chance(5)) headers["firn-version"] = pick(["0", "1", "x", "-1", "../0"]);
  const method = chance(5) ? pick(METHODS) : "POST";
  return { path: pick(chance(90) ? PATHS : OTHER_PATHS), method, headers, body: method === "GET" ? undefined : body };
}

interface Draws {
  readonly pick: <Value>(values: readonly Value[]) => Value;
  readonly chance: (odds: number) => boolean;
}

/** Replaces, leaves out or repeats parts of a value, at any depth. */
function change(value: unknown, draws: Draws): unknown {
  const { pick, chance } = draws;
  if (chance(6)) return pick(VALUES);
  if (Array.isArray(value)) {
    const items = value.filter(() => !chance(4)).map((item) => change(item, draws));
    return chance(5) ? [...items, ...items] : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(() => !chance(5));
  return Object.fromEntries(entries.map(([key, item]) => [chance(3) ? `${key}x` : key, change(item, draws)]));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}
