import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { connect, type ServedClient } from "../../../src/serving/client/connect.ts";
import { FirnProcess } from "./firn_process.ts";
import { PIXELS, type ToldDigits } from "./told_digits.ts";

/** How pixels are normalised, for the run and for whoever asks. */
const [MEAN, STD] = [0.1307, 0.3081];

/** Rows of a request. */
const ROWS = 500;

const POLL_MS = 100;

/** What learns, and what it is told. */
export interface LoopPlan {
  /** Where feedback is collected: empty, or not there. */
  readonly folder: string;
  /** Where the run is written. */
  readonly out: string;
  /** Options of training. */
  readonly words: readonly string[];
  readonly train: readonly ToldDigits[];
  readonly test: ToldDigits;
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
}

/** What came of it. */
export interface LoopEnd {
  /** On the digits for testing, as the server answers them. */
  readonly accuracy: number;
  /** What became of each version: "ready", "released", "refused". */
  readonly states: readonly string[];
}

const versionsSchema = z.object({ versions: z.array(z.object({ version: z.string(), state: z.string() })) });

/**
 * The whole loop over HTTP: `learn` begins with nothing, is asked digits and told what they were, and closes
 * experiences; each model that it trains answers the digits that come next.
 */
export async function learnFromFeedback({ train, test, signal, progress, ...plan }: LoopPlan): Promise<LoopEnd> {
  const reading = `--reading=mean=${MEAN},std=${STD}`;
  const serving = ["--port=0", "--name=digits", "--feedback-rows=1000000", reading];
  await using service = new FirnProcess(["learn", plan.folder, `--out=${plan.out}`, ...plan.words, ...serving]);
  const url = `${await service.waitFor(/listening on (\S+)/)}/v2/models/digits`;
  const client = connect(url, { from: "the bench" });
  let states: readonly string[] = [];
  for (const [experience, digits] of train.entries()) {
    progress?.(`telling experience ${experience} of ${train.length}`);
    for (let row = 0; row < digits.labels.length; row += ROWS) {
      signal?.throwIfAborted();
      await tell(client, slice(digits, row), { isFirst: experience === 0, id: `${experience}/${row}` });
    }
    await client.closeFeedback();
    progress?.(`learning experience ${experience} of ${train.length}`);
    states = await waitUntilJudged(url, { version: String(experience), signal, service });
  }
  return { accuracy: await measureAccuracy(client, test), states };
}

/** Before there is a model, digits come with their labels; later each is asked first, and its answer labelled. */
async function tell(
  client: ServedClient,
  { images, labels }: ToldDigits,
  { isFirst, id }: { readonly isFirst: boolean; readonly id: string },
): Promise<void> {
  const names = labels.map(String);
  if (isFirst) {
    await client.feedback({ x: images, sampleShape: [28, 28, 1], labels: names });
    return;
  }
  await client.infer(normalize(images), { id });
  await client.feedback({ id, labels: names });
}

interface Waiting {
  readonly version: string;
  readonly signal: AbortSignal | undefined;
  readonly service: FirnProcess;
}

async function waitUntilJudged(url: string, { version, signal, service }: Waiting): Promise<readonly string[]> {
  for (;;) {
    signal?.throwIfAborted();
    service.assertAlive();
    const { versions } = versionsSchema.parse(await (await fetch(`${url}/versions`)).json());
    const found = versions.find((one) => one.version === version);
    if (found && found.state !== "loading") return versions.map(({ state }) => state);
    await wait(POLL_MS);
  }
}

/** The share of digits that a server answers rightly. */
export async function measureAccuracy(client: ServedClient, digits: ToldDigits): Promise<number> {
  let right = 0;
  for (let row = 0; row < digits.labels.length; row += ROWS) {
    const { images, labels } = slice(digits, row);
    const { predictions } = await client.infer(normalize(images));
    right += predictions.filter(({ label }, i) => label === String(labels[i])).length;
  }
  return right / digits.labels.length;
}

function slice({ images, labels }: ToldDigits, row: number): ToldDigits {
  return {
    images: images.subarray(row * PIXELS, (row + ROWS) * PIXELS),
    labels: labels.slice(row, row + ROWS),
  };
}

function normalize(images: Uint8Array): Float32Array {
  return Float32Array.from(images, (pixel) => (pixel / 255 - MEAN) / STD);
}
