import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { makeFolder } from "./made_idx.ts";
import { findElasticLauncher } from "./mpi_launcher.ts";

/** What Open MPI says, now and then, where its child was faster than it: nothing has failed. */
const NOISE = /^\n?\[[^\]\n]+\] plm:ssh: Warning: setpgid\(.*\n/gm;

/** Namespaces of this process's own, with a network of two hosts; mpirun and rank 0 are on the first. */
const [A, B] = [`firn-a-${process.pid}`, `firn-b-${process.pid}`];
const SUBNET = "10.77.0.0/24";
const NETWORK = [
  ["netns", "add", A],
  ["netns", "add", B],
  ["link", "add", "veth-a", "netns", A, "type", "veth", "peer", "name", "veth-b", "netns", B],
  ["-n", A, "addr", "add", "10.77.0.1/24", "dev", "veth-a"],
  ["-n", B, "addr", "add", "10.77.0.2/24", "dev", "veth-b"],
  ...[A, B].map((name) => ["-n", name, "link", "set", "lo", "up"]),
  ["-n", A, "link", "set", "veth-a", "up"],
  ["-n", B, "link", "set", "veth-b", "up"],
];
/** Cuts the first host off; to be run on it. */
export const CUT = "ip link set veth-a down";
/** A file that the second host alone has. */
export const ON_SECOND = "/sys/class/net/veth-b/address";

/** A job on both hosts. */
export interface HostsJob {
  /** Null where a signal ended mpirun. */
  readonly end: Promise<number | null>;
  /** What it and its ranks have said so far on standard error. */
  readonly stderr: () => string;
  /** Resolves once somebody said it, or mpirun has ended. */
  readonly waitFor: (said: RegExp) => Promise<void>;
}

/** What is started on both hosts. */
export interface HostsProgram {
  readonly ranksPerHost: number;
  readonly isElastic?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Two hosts on this machine that see each other over a network alone. */
export class TwoHosts {
  #folder = "";
  readonly #children: ChildProcess[] = [];

  /** Why there can be none here, in the words of a test's name; undefined where there can. */
  static findLack(isElastic = false): string | undefined {
    if (!findVersion()) return "no Open MPI 4 or 5 is installed here";
    const launcher = isElastic ? findElasticLauncher() : undefined;
    if (typeof launcher === "string") return launcher;
    return runIp("netns", "add", A) && runIp("netns", "del", A) ? undefined : "no namespaces may be made here";
  }

  async make(): Promise<void> {
    for (const words of NETWORK) if (!runIp(...words)) throw new Error(`ip ${words.join(" ")} failed`);
    const agent = `#!/bin/sh\nshift\nexec ip netns exec ${B} sh -c "$*"\n`;
    this.#folder = await makeFolder({ agent });
    await chmod(join(this.#folder, "agent"), 0o755);
  }

  /** Kills all processes that are left on the hosts, and takes these away. */
  remove(): void {
    for (const child of this.#children.splice(0)) child.kill("SIGKILL");
    for (const name of [A, B]) {
      const { stdout } = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" });
      for (const pid of stdout.split("\n").filter(Boolean)) kill(Number(pid));
      runIp("netns", "del", name);
    }
  }

  start(program: readonly string[], { ranksPerHost, isElastic = false, environment }: HostsProgram): HostsJob {
    const hosts = ["10.77.0.1", "10.77.0.2"].map((host) => `${host}:${ranksPerHost}`).join();
    const agent = join(this.#folder, "agent");
    const runtime =
      findVersion() === "4"
        ? ["--mca", "plm_rsh_agent", agent, "--mca", "oob_tcp_if_include", SUBNET]
        : ["--prtemca", "plm_ssh_agent", agent, "--prtemca", "prte_if_include", SUBNET];
    const mca = [...runtime, "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", SUBNET];
    const places = ["--oversubscribe", "--host", hosts, "--map-by", `ppr:${ranksPerHost}:node`];
    const words = [...mca, ...(isElastic ? ["--with-ft", "ulfm"] : []), ...places];
    const own = [process.execPath, ...("Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : []), ...program];
    const job = ["netns", "exec", A, "mpirun", ...words, "-np", String(2 * ranksPerHost), ...own];
    const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
    const child = spawn("ip", job, {
      env: { ...process.env, ...asRoot, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#children.push(child);
    return followJob(child);
  }
}

function followJob(child: ChildProcess): HostsJob {
  let stderr = "";
  const end = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const waitFor = (said: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => said.test(stderr) && resolve();
      child.stderr?.on("data", look);
      child.on("close", () => resolve());
      look();
    });
  return { end, stderr: () => stderr.replace(NOISE, ""), waitFor };
}

/** Of Open MPI. */
function findVersion(): string | undefined {
  const { stdout } = spawnSync("mpirun", ["--version"], { encoding: "utf8" });
  return /Open MPI\) ([45])\./.exec(stdout ?? "")?.[1];
}

function runIp(...words: string[]): boolean {
  return spawnSync("ip", words).status === 0;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
