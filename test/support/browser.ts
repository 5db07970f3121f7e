import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A browser that can be driven, by its name; undefined where there is none. */
export const BROWSER = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

const ALWAYS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

/** Answers of the browser, by what they are answers to. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A page in a browser without a window, driven by the DevTools protocol. */
export class BrowserPage implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  /** What the page wrote on its console as errors, uncaught errors and violations of its policy among them. */
  readonly problems: string[] = [];
  #session: string | undefined;
  #sent = 0;

  private constructor(process: ChildProcess, { socket, profile }: { socket: WebSocket; profile: string }) {
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data))));
  }

  static async open(url: string, words: readonly string[] = []): Promise<BrowserPage> {
    const profile = await mkdtemp(join(tmpdir(), "firn-browser-"));
    const port = ["--remote-debugging-port=0", "--remote-allow-origins=*"];
    const process = spawn(BROWSER ?? "", [...ALWAYS, ...port, `--user-data-dir=${profile}`, ...words, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const address = await readAddress(process);
    const socket = new WebSocket(address);
    await new Promise((done, fail) => {
      socket.addEventListener("open", done);
      socket.addEventListener("error", fail);
    });
    const page = new BrowserPage(process, { socket, profile });
    const { targetId } = await page.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
    page.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 1240,
      height: 1600,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await page.send("Page.navigate", { url });
    return page;
  }

  /** A command of the DevTools protocol. */
  async send(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    this.#sent += 1;
    const id = this.#sent;
    const answer = new Promise<Message>((done) => this.#waiting.set(id, done));
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    const { result = {}, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** The value of an expression in the page; a promise is waited for. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const answer: Evaluation<Value> = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    const { result, exceptionDetails } = answer;
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: Value }).value;
  }

  /** Waits until an expression is true in the page: it is looked at whenever the page changes. */
  async waitFor(expression: string): Promise<void> {
    const seen = await this.evaluate(`new Promise((done) => {
      // While the page is being parsed, what is looked at may not be there.
      const isTrue = () => { try { return ${expression}; } catch { return false; } };
      const look = () => { if (isTrue()) { watcher.disconnect(); done(null); } };
      const watcher = new MutationObserver(look);
      watcher.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      setTimeout(() => done(document.body.innerText), 20000);
      look();
    })`);
    if (seen !== null) throw new Error(`${expression} did not come true: ${seen}`);
  }

  /** Moves the pointer over points of the window with its button down. */
  async drag(points: readonly (readonly [number, number])[]): Promise<void> {
    const dispatch = (type: string, [x, y]: readonly [number, number]) =>
      this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons: 1, clickCount: 1 });
    const [first = [0, 0], ...rest] = points;
    await dispatch("mousePressed", first);
    for (const point of rest) await dispatch("mouseMoved", point);
    await dispatch("mouseReleased", points.at(-1) ?? first);
  }

  /** Presses a key: "Tab", "ArrowRight"; modifiers as the protocol counts them, 8 for Shift. */
  async press(key: string, { modifiers = 0, text }: { modifiers?: number; text?: string } = {}): Promise<void> {
    const named = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: KEY_NUMBERS[key] ?? 0, modifiers };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...named, ...(text === undefined ? {} : { text }) });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...named });
  }

  /** Gives a file to an input for files. */
  async chooseFile(selector: string, path: string): Promise<void> {
    const { root } = await this.send("DOM.getDocument");
    const { nodeId } = await this.send("DOM.querySelector", { nodeId: Object(root).nodeId, selector });
    await this.send("DOM.setFileInputFiles", { nodeId, files: [path] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its helpers hold the same pipe: once it is closed, none of them writes into the profile any more.
    const ended = new Promise((done) => this.#process.once("close", done));
    this.#socket.close();
    this.#process.kill();
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #take(message: Message): void {
    const { id, method, params } = message;
    if (id !== undefined) this.#waiting.get(id)?.(message);
    else if (method === "Runtime.exceptionThrown") this.problems.push(JSON.stringify(params));
    else if (method === "Log.entryAdded") {
      const entry = Object(params?.entry);
      if (entry.level === "error") this.problems.push(String(entry.text));
    }
  }
}

interface Evaluation<Value> {
  readonly result?: { readonly value: Value };
  readonly exceptionDetails?: unknown;
}

const KEY_NUMBERS: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  " ": 32,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
  Delete: 46,
};

/** The address that the browser prints once it can be driven. */
function readAddress({ stderr }: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = "";
    stderr?.on("data", (part: Buffer) => {
      text += part.toString();
      const [, address] = /listening on (ws:\S+)/.exec(text) ?? [];
      if (address !== undefined) done(address);
    });
    stderr?.on("close", () => fail(new Error(`the browser ended: ${text}`)));
  });
}
