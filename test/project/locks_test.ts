import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { formatLicencePage, type LockedPackage, nameOfFolder } from "../../scripts/licence_page.ts";

const root = new URL("../../", import.meta.url);
const readText = (path: string) => readFileSync(new URL(path, root), "utf8");
// bun.lock is JSON with commas behind the last entries.
const parseLock = (path: string) => JSON.parse(readText(path).replace(/,(?=\s*[}\]])/g, ""));

const npmLock: { packages: Record<string, LockedPackage> } = parseLock("package-lock.json");
const bunLock: { packages: Record<string, readonly unknown[]> } = parseLock("bun.lock");
const npmPackages = Object.entries(npmLock.packages).filter(([folder]) => folder !== "");
const nameOf = ([folder, { name = nameOfFolder(folder) }]: [string, LockedPackage]) => name;
/** Name and version, to integrity. */
const npmIntegrity = new Map(npmPackages.map((entry) => [`${nameOf(entry)}@${entry[1].version}`, entry[1].integrity]));
const bunIntegrity = new Map(Object.values(bunLock.packages).map((entry) => [String(entry[0]), entry.at(-1)]));
const withoutVersion = (key: string) => key.slice(0, key.lastIndexOf("@"));

describe("package-lock.json", () => {
  test("has an integrity for every package", () => {
    expect(npmPackages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""))).toEqual([]);
  });
});

describe("package-lock.json and bun.lock", () => {
  test("list the packages of every platform", () => {
    const wanted = npmPackages.flatMap(([, { optionalDependencies = {} }]) => Object.entries(optionalDependencies));
    expect(wanted.length).toBeGreaterThan(70);
    const keys = wanted.map(([name, version]) => `${name}@${version}`);
    expect(keys.filter((key) => !npmIntegrity.has(key))).toEqual([]);
    expect(keys.filter((key) => !bunIntegrity.has(key))).toEqual([]);
  });

  test("list the same packages, with the same integrity where the version is the same", () => {
    const names = (lock: ReadonlyMap<string, unknown>) => [...new Set([...lock.keys()].map(withoutVersion))].sort();
    expect(names(bunIntegrity)).toEqual(names(npmIntegrity));
    const shared = [...bunIntegrity].filter(([key]) => npmIntegrity.has(key));
    expect(shared.length).toBeGreaterThan(290);
    expect(shared.filter(([key, integrity]) => npmIntegrity.get(key) !== integrity)).toEqual([]);
  });

  test("name no registry", () => {
    for (const path of ["package-lock.json", "bun.lock"]) {
      // Pages for funding are no registries.
      const text = readText(path).replace(/"funding": (\{[^}]*\}|\[[^\]]*\]|"[^"]*")/g, "");
      expect(text.match(/https?:\/\/[^"]*/g) ?? []).toEqual([]);
      expect(text).not.toContain('"resolved"');
    }
  });
});

describe("docs/licences.md", () => {
  test("is what `bun scripts/write_licences.ts` writes", () => {
    expect(readText("docs/licences.md")).toBe(formatLicencePage(npmLock.packages));
  });

  test("says of what is installed what the packages themselves say", () => {
    const page = readText("docs/licences.md");
    const installed = npmPackages.filter(([folder, { dev }]) => !dev && existsSync(new URL(`${folder}/`, root)));
    expect(installed.length).toBeGreaterThan(100);
    for (const entry of installed) {
      const { license: licence, version } = JSON.parse(readText(`${entry[0]}/package.json`));
      expect(page).toContain(`| \`${nameOf(entry)}\` | ${version} | ${licence} |\n`);
    }
  });
});
