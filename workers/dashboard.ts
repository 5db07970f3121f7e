/**
 * The entry of the dashboard's Worker: drawing a page takes longer than a training step, so it happens in a thread of
 * its own. Everything heavy is imported inside `start`: messages that arrive before `expose` are lost.
 */
import { expose } from "comlink";
import { RefusalError } from "../src/core/errors/errors.ts";
import type { DashboardServer } from "../src/report/dashboard_server.ts";
import type { RemoteDashboard } from "../src/report/remote_dashboard.ts";

let server: DashboardServer | undefined;

const remote: RemoteDashboard = {
  async start(port) {
    const { DashboardServer } = await import("../src/report/dashboard_server.ts");
    try {
      server = await DashboardServer.start(port);
      return { port: server.port };
    } catch (error) {
      // comlink leaves an error's class behind.
      if (error instanceof RefusalError) return { port, refusal: error.message };
      throw error;
    }
  },
  show: async (folder) => server?.show(folder),
  tell: async (progress) => server?.tell(progress),
  close: async () => server?.close(),
};

expose(remote);
