import { describe, expect, test } from "bun:test";
import { findPythons, parseProbe } from "../../../../scripts/bench/contestants/find_pythons.ts";
import { describePython } from "../../../../scripts/bench/contestants/peer_contestant.ts";

describe("parseProbe()", () => {
  test("reads the versions that are there", () => {
    expect(parseProbe('{"prefix": "/usr", "torch": "2.1", "avalanche": null, "fastapi": "0.115"}')).toEqual({
      prefix: "/usr",
      torch: "2.1",
      avalanche: undefined,
      fastapi: "0.115",
      mlserver: undefined,
    });
  });

  test("finds no version in what is no answer", () => {
    for (const text of ["", "Python 3.11", "null", "[1]", '{"torch": 2}']) {
      expect(parseProbe(text)).toMatchObject({ torch: undefined, avalanche: undefined });
    }
  });
});

describe("findPythons()", () => {
  test("refuses a path that was asked for and is no Python with PyTorch", async () => {
    await expect(findPythons(["no-such-python-anywhere"])).rejects.toThrow(
      /^--python no-such-python-anywhere: .*no-such-python-anywhere/,
    );
  });
});

describe("describePython()", () => {
  const none = { avalanche: undefined, fastapi: undefined, mlserver: undefined };
  const python = { path: "python3", torch: "2.15.0+cu132", ...none };

  test("names the library with its version and threads", () => {
    expect(describePython("PyTorch", python, 1)).toBe("PyTorch 2.15.0, 1 thread");
    expect(describePython("PyTorch", python, 2)).toBe("PyTorch 2.15.0, 2 threads");
  });

  test("refuses to name what is not there", () => {
    expect(() => describePython("Avalanche", python, 1)).toThrow(RangeError);
  });
});
