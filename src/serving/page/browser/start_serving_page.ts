/// <reference lib="dom" />
import { createModelView, type ModelView } from "./model_view.ts";
import { createActor, request } from "./server_requests.ts";
import type { CountedVersion, TrafficSample } from "./traffic.ts";

/** Shows what is served, and asks for news every two seconds while the page is seen. */
export async function startServingPage(): Promise<void> {
  const refreshMs = 2000;
  const views = new Map<string, ModelView>();
  const [notice, models] = ["notice", "models"].map((id) => document.getElementById(id));
  if (!notice || !models) throw new Error("the page is not whole");
  const act = createActor();
  let before: TrafficSample | undefined;
  let isLost = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const tell = (text: string) => {
    notice.textContent = text;
    notice.hidden = text === "";
  };
  const explain = (error: unknown) => (error instanceof Error ? error.message : String(error));
  const read = async () => {
    const { models: names } = await request<{ readonly models: readonly string[] }>("./");
    const { model_stats } = await request<{ readonly model_stats: readonly CountedVersion[] }>("v2/models/stats");
    const now: TrafficSample = { atMs: performance.now(), counted: model_stats };
    for (const name of names) {
      const view = views.get(name) ?? createModelView(name, change);
      if (!views.has(name)) models.append(view.element);
      views.set(name, view);
      await view.update(now, before);
    }
    before = now;
  };
  const refresh = async () => {
    clearTimeout(waiting);
    try {
      if (!document.hidden) await read();
      if (isLost) tell("");
      isLost = false;
    } catch (error) {
      isLost = true;
      tell(`The server does not answer: ${explain(error)}. This page shows what it answered last, and asks again.`);
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => void refresh(), refreshMs);
  };
  const change = async (path: string, body?: object) => {
    try {
      await act(path, body);
      tell("");
    } catch (error) {
      tell(explain(error));
    }
    await refresh();
  };
  document.addEventListener("visibilitychange", () => void refresh());
  await refresh();
}
