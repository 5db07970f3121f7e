import { createConnection, type Socket } from "node:net";
import { networkInterfaces } from "node:os";

/** How long one address is tried. */
const CONNECT_MS = 3000;

/** Undefined if nobody answers there. */
export function connect(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const giveUp = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(CONNECT_MS, giveUp);
    socket.once("error", giveUp);
    socket.once("connect", () => {
      socket.removeListener("error", giveUp).setTimeout(0);
      resolve(socket);
    });
  });
}

/** This machine's addresses that others may reach, IPv4 first. */
export function listAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outer = all.filter(({ internal }) => !internal);
  const sorted = [
    ...outer.filter(({ family }) => family === "IPv4"),
    ...outer.filter(({ family }) => family !== "IPv4"),
  ];
  return [...sorted.map(({ address }) => address), "127.0.0.1"];
}
