import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { clearTimeout, setTimeout } from "node:timers";

/** How long a registry may take to answer. */
const PATIENCE_MS = 5_000;
/** How long a program may take: one that waits for ever is named before its test is ended without a word. */
const LATE_MS = 200_000;

/** A registry on loopback that has this package, packed, and sends whoever asks for another to the real one. */
export interface PackageRegistry extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves the packed file at `path`: Deno installs from registries alone.
 * @param upstream Address of the registry that has everything else, with a slash at its end.
 */
export async function serveRegistry(path: string, manifest: object, upstream: string): Promise<PackageRegistry> {
  const bytes = await readFile(path);
  const { name, version } = { name: "", version: "", ...manifest };
  const server = createServer((request, response) => {
    const asked = request.url?.slice(1) ?? "";
    if (asked === name) response.end(JSON.stringify(describe(`http://${request.headers.host}/${name}.tgz`)));
    else if (asked === `${name}.tgz`) response.end(bytes);
    else response.writeHead(302, { location: upstream + asked }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the registry has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };

  function describe(tarball: string): object {
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const packed = { ...manifest, dist: { tarball, integrity } };
    return { name, "dist-tags": { latest: version }, versions: { [version]: packed } };
  }
}

/** What came of a program. */
interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of this project's, or of the machine's, in `folder`; kills it where it comes to no end. */
export async function runProgram(
  folder: string,
  [program = "", ...words]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ending> {
  const path = [join(process.cwd(), "node_modules", ".bin"), process.env.PATH].join(delimiter);
  const child = spawn(program, words, { cwd: folder, env: { ...process.env, NO_COLOR: "1", PATH: path, ...env } });
  const late = setTimeout(() => child.kill("SIGKILL"), LATE_MS);
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  clearTimeout(late);
  return { status, stdout, stderr };
}

/** Address of the registry that npm is set up for; undefined where it does not answer. */
export async function findRegistry(): Promise<string | undefined> {
  try {
    const url = (await runProgram(".", ["npm", "config", "get", "registry"])).stdout.trim();
    const { ok } = await fetch(new URL("comlink", url), { method: "HEAD", signal: AbortSignal.timeout(PATIENCE_MS) });
    return ok ? url : undefined;
  } catch {
    return undefined;
  }
}
