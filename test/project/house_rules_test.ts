import { describe, expect, test } from "bun:test";
import {
  awaitedExpectations,
  commentWidth,
  fileLength,
  fileName,
  HOUSE_RULES,
  type HouseRule,
  importDirection,
  noGlobalRandomness,
  noMachinePath,
  noSilencedCompiler,
} from "./house_rules.ts";
import { ALLOWED_IMPORTS, folderOf } from "./import_direction.ts";
import { readFilesBeside, readProjectFiles } from "./source_text.ts";

const sources = readProjectFiles(["src", "workers"], [".ts"]);
// Spelled in two parts, so that the rule does not find its own examples.
const machinePath = `${"/wo"}rk/main/x`;

/** Texts that break a rule, and texts that look like it and do not. */
const examples: { rule: HouseRule; path?: string; broken: string[]; kept: string[] }[] = [
  {
    rule: importDirection,
    path: "src/data/made_up.ts",
    broken: [
      'import { Naive } from "../training/strategies/naive.ts";',
      'import type { Stream } from "../streams/experience.ts";',
      'const cli = await import("../cli/main.ts");',
      'export { x } from "../../test/support/x.ts";',
      'import {\n  a,\n} from "../mod.ts";',
    ],
    kept: [
      'import { cannot } from "../core/errors.ts";\nimport { createDataSource } from "./data_source.ts";',
      'import { readFileSync } from "node:fs";',
      '// import { Naive } from "../training/strategies/naive.ts";',
    ],
  },
  { rule: importDirection, path: "src/unheard_of/made_up.ts", broken: ["export const x = 1;"], kept: [] },
  { rule: importDirection, path: "src/engine/tfjs/made_up.ts", broken: ['import "../../cluster/x.ts";'], kept: [] },
  { rule: importDirection, path: "workers/made_up.ts", broken: ['import "../src/training/x.ts";'], kept: [] },
  {
    rule: importDirection,
    path: "src/mod.ts",
    broken: ['export { x } from "./cli/main.ts";'],
    kept: ['export { x } from "./core/errors.ts";'],
  },
  { rule: fileLength, broken: ["x;\n".repeat(301)], kept: ["x;\n".repeat(300)] },
  {
    rule: commentWidth,
    broken: [`// ${"x".repeat(118)}`, `/**\n * ${"x".repeat(118)}\n */`, `  /** ${"x".repeat(112)} */`],
    kept: [`// ${"θ".repeat(117)}`, `const x = "${"x".repeat(120)}";`, `/** ${"x".repeat(113)} */`],
  },
  { rule: fileName, path: "src/core/index.ts", broken: [""], kept: [] },
  { rule: fileName, path: "src/core/DataSource.ts", broken: [""], kept: [] },
  { rule: fileName, path: "src/core/data_source2.ts", broken: [], kept: [""] },
  {
    rule: noSilencedCompiler,
    broken: [`// ${"@ts-"}ignore\nf();`, `// ${"@ts-"}expect-error\nf();`],
    kept: ["// ts-ignore"],
  },
  {
    rule: noGlobalRandomness,
    broken: ["const x = Math.random();", "crypto.getRandomValues(x);"],
    kept: ['const s = "Math.random";', "Math.round(x);"],
  },
  {
    rule: noMachinePath,
    broken: [`const x = "${machinePath}";`, `// see ${machinePath}`],
    kept: ['const x = "./work/x";', 'const y = "network/root/x";', "a / work / b"],
  },
  {
    rule: awaitedExpectations,
    path: "test/made_up_test.ts",
    broken: [
      'f();\n  expect(g()).rejects.toThrow("x");',
      'test("x", async () => {\n  expect(\n    g(),\n  ).resolves.toBe(1);\n});',
    ],
    kept: [
      'f();\nawait expect(g()).rejects.toThrow("x");',
      'const refuse = (x: string) =>\n  expect(g(x)).rejects.toThrow("x");',
      "f();\nexpect(x).toBe(1);\nawait expect(g()).rejects.toThrow();",
    ],
  },
];

describe("house rules", () => {
  for (const rule of [...HOUSE_RULES, awaitedExpectations]) {
    test(`src and workers keep: ${rule.name}`, () => {
      const violations = sources.flatMap((file) => rule.findViolations(file).map((what) => `${file.path}:${what}`));
      expect(violations).toEqual([]);
    });

    test(`findViolations() of "${rule.name}" finds a made-up violation and nothing else`, () => {
      const own = examples.filter((example) => example.rule === rule);
      expect(own.some(({ broken }) => broken.length > 0)).toBe(true);
      for (const { path = "src/core/made_up.ts", broken, kept } of own) {
        for (const text of broken) {
          expect({ text, count: rule.findViolations({ path, text }).length }).toEqual({ text, count: 1 });
        }
        for (const text of kept) {
          expect({ text, found: rule.findViolations({ path, text }) }).toEqual({ text, found: [] });
        }
      }
    });
  }

  for (const rule of [fileLength, commentWidth, awaitedExpectations]) {
    test(`tests, scripts and examples keep: ${rule.name}`, () => {
      const files = readProjectFiles(["test", "scripts", "examples"], [".ts"]);
      const violations = files.flatMap((file) => rule.findViolations(file).map((what) => `${file.path}:${what}`));
      expect(violations).toEqual([]);
    });
  }

  test("no committed text names a folder of one machine", () => {
    const files = [
      ...readProjectFiles(["scripts", "examples", "test", "docs", "proto"], [".ts", ".md", ".py", ".json", ".proto"]),
      ...readFilesBeside("./", [".md", ".json", ".toml"]),
    ];
    const violations = files.flatMap((file) =>
      noMachinePath.findViolations(file).map((what) => `${file.path}:${what}`),
    );
    expect(violations).toEqual([]);
  });
});

describe("ALLOWED_IMPORTS", () => {
  test("knows every folder of src", () => {
    const folders = new Set(sources.map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => !(folder in ALLOWED_IMPORTS))).toEqual([]);
  });

  test("has no cycle: whatever a folder imports cannot import it", () => {
    for (const [folder, allowed] of Object.entries(ALLOWED_IMPORTS)) {
      for (const imported of allowed) expect(ALLOWED_IMPORTS[imported]).not.toContain(folder);
    }
  });
});
