import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setUpTensorflow } from "../../../src/cli/setup/setup_tensorflow.ts";
import type { SetupPlace } from "../../../src/cli/setup/setup_tools.ts";
import { captureCli } from "../../support/captured_cli.ts";

/** Tools that do what npm, pip and the compiler would leave behind, and write down how they were called. */
const TOOLS = {
  npm: `echo "npm $*" >> "$LOG"
if [ "$1" = pack ]; then mkdir -p package/include && tar czf node-api-headers.tgz package; exit 0; fi
for name in tfjs-node tfjs-node-gpu; do case "$*" in *"@tensorflow/$name@"*)
  home=node_modules/@tensorflow/$name; rm -rf $home; mkdir -p $home/binding
  echo '{ "version": "4.22.0" }' > $home/package.json
  echo 'static std::set<std::string> ATTR_NAME_SET;' > $home/binding/tfjs_backend.cc;; esac; done`,
  python: `echo "python $1 $2 $3" >> "$LOG"
if [ "$1" = -m ]; then [ -z "$FAIL" ] || { echo "no such wheel" >&2; exit 1; }; exit 0; fi
mkdir -p "$3/tensorflow/include" && touch "$3/tensorflow/libtensorflow_cc.so.2"`,
  cxx: `echo "cxx $(cat binding/tfjs_backend.cc)" >> "$LOG"; echo addon > tfjs_binding.node`,
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-setup-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A project and a cache of their own, with such tools. */
async function makePlace(name: string, { fails = false } = {}) {
  const root = join(folder, name);
  await mkdir(join(root, "project"), { recursive: true });
  await mkdir(join(root, "cache"));
  const log = join(root, "log");
  await writeFile(log, "");
  const paths: Record<string, string> = {};
  for (const [tool, script] of Object.entries(TOOLS)) {
    const path = join(root, tool);
    await writeFile(path, `#!/bin/sh\nset -e\nLOG=${log} FAIL=${fails ? "yes" : ""}\n${script}\n`);
    await chmod(path, 0o755);
    paths[tool] = path;
  }
  const lines: string[] = [];
  const tools = { npm: paths.npm ?? "", python: paths.python ?? "", cxx: paths.cxx ?? "" };
  const place: SetupPlace = {
    tools,
    project: join(root, "project"),
    cache: join(root, "cache"),
    say: (line) => void lines.push(line),
  };
  return { place, lines, log, root };
}

const cpu = { gpu: false, libraries: true, tensorflow: "2.21.0" };

describe("setUpTensorflow()", () => {
  test("lays out library and addon where the package looks, and does nothing twice", async () => {
    const { place, lines, log } = await makePlace("plain");
    // What these tools leave behind does not compute, and the last step says so.
    await expect(setUpTensorflow(place, cpu)).rejects.toThrow("is set up and does not compute");
    const home = join(place.project, "node_modules", "@tensorflow", "tfjs-node");
    expect(await readlink(join(home, "deps"))).toBe(join(place.cache, "tensorflow-cpu-2.21.0"));
    expect(await readFile(join(home, "lib", "napi-v8", "tfjs_binding.node"), "utf8")).toBe("addon\n");
    expect(await readdir(place.cache)).toEqual(["tensorflow-cpu-2.21.0"]);
    const calls = await readFile(log, "utf8");
    expect(calls).toContain("npm install --no-save --save-prod --ignore-scripts");
    expect(calls).toContain("cxx static thread_local std::set<std::string> ATTR_NAME_SET;");
    expect(lines[0]).toBe("@tensorflow/tfjs-node 4.22.0 from npm …");
    await expect(setUpTensorflow(place, cpu)).rejects.toThrow("does not compute");
    expect(await readFile(log, "utf8")).toBe(calls);
  }, 60_000);

  test("keeps the other package's addon, when npm installs both anew", async () => {
    const { place } = await makePlace("both");
    await expect(setUpTensorflow(place, cpu)).rejects.toThrow("does not compute");
    await expect(setUpTensorflow(place, { ...cpu, gpu: true, libraries: false })).rejects.toThrow("does not compute");
    for (const name of ["tfjs-node", "tfjs-node-gpu"]) {
      const addon = join(place.project, "node_modules", "@tensorflow", name, "lib", "napi-v8", "tfjs_binding.node");
      expect(await readFile(addon, "utf8")).toBe("addon\n");
    }
  }, 60_000);

  test("leaves no library behind that is not whole, when a wheel cannot be had", async () => {
    const { place } = await makePlace("failing", { fails: true });
    await expect(setUpTensorflow(place, cpu)).rejects.toThrow(/-m failed: no such wheel$/);
    expect(await readdir(place.cache)).toEqual(["tensorflow-cpu-2.21.0.partial"]);
  });
});

describe("setup", () => {
  test("refuses a machine without a compiler before anything is installed", async () => {
    const before = process.env.CXX;
    process.env.CXX = "no-such-compiler";
    try {
      const { status, stderr } = await captureCli(["setup", "tensorflow", "--cache", join(folder, "never")]);
      expect(status).toBe(2);
      expect(stderr).toContain("setup needs no-such-compiler");
    } finally {
      if (before === undefined) delete process.env.CXX;
      else process.env.CXX = before;
    }
  });
});
