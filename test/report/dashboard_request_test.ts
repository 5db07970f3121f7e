import { describe, expect, test } from "bun:test";
import { readRequest } from "../../src/report/dashboard_request.ts";

const host = "127.0.0.1:8080";

/** What a GET of this target asks for: a kind, or the status of a refusal. */
function ask(target: string, others: { readonly method?: string; readonly host?: string | undefined } = {}) {
  const asked = readRequest({ method: "GET", host, target, ...others });
  return asked.kind === "refused" ? asked.status : asked.kind;
}

describe("readRequest()", () => {
  test("finds the page, its contents and models, with or without a query", () => {
    expect(["/", "/?x=//", "/main", "/main?x=1"].map((target) => ask(target))).toEqual([
      "page",
      "page",
      "main",
      "main",
    ]);
    const model = { kind: "model", path: "onnx/experience-0123.onnx" };
    expect(readRequest({ method: "HEAD", host, target: `/${model.path}` })).toEqual({ ...model, kind: "model" });
  });

  test("answers 400 where the target is no path", () => {
    const targets = [
      "",
      "//",
      "//evil.example/",
      "http://[",
      "http://127.0.0.1/",
      "*",
      "main",
      "/a b",
      "/\u0000",
      "/ü",
    ];
    for (const target of targets) expect({ target, status: ask(target) }).toEqual({ target, status: 400 });
  });

  test("answers 404 to every other path, however it is spelled", () => {
    const targets = [
      "/config.json",
      "/onnx/../config.json",
      "/onnx/latest.onnx",
      "/%2e%2e/x",
      "/onnx/experience-01.onnx",
    ];
    for (const target of targets) expect({ target, status: ask(target) }).toEqual({ target, status: 404 });
  });

  test("answers 405 to other methods than GET and HEAD", () => {
    for (const method of ["POST", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "get", ""]) {
      expect({ method, status: ask("/", { method }) }).toEqual({ method, status: 405 });
    }
  });

  test("answers 403 to a host that is not loopback, however it is asked", () => {
    const hosts = [
      undefined,
      "",
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost:80@evil.example",
      "[::1]",
      "127.0.0.1:x",
    ];
    for (const other of hosts) expect({ other, status: ask("/", { host: other }) }).toEqual({ other, status: 403 });
    expect(ask("/", { host: "evil.example", method: "POST" })).toBe(403);
    for (const own of ["127.0.0.1", "localhost:1", "LOCALHOST"]) expect(ask("/", { host: own })).toBe("page");
  });
});
