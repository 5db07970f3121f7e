import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { elementAt } from "../../../src/core/element_at.ts";
import { BatchQueue } from "../../../src/serving/answering/batch_queue.ts";
import { ProtocolError } from "../../../src/serving/protocol/protocol_error.ts";
import { createBatchTensors, type ServedSession } from "../../../src/serving/sessions/served_session.ts";

const port = { name: "x", datatype: "FP32", rowShape: [1], rowLength: 1, rowBytes: 4 } as const;

/** Doubles numbers, and fails on a batch with a negative one, as a look-up of ids does. */
function makeSession(capacity: number): ServedSession {
  const [inputs, outputs] = [createBatchTensors([port], capacity), createBatchTensors([port], capacity)];
  const [input, output] = [elementAt(inputs, 0).values, elementAt(outputs, 0).values];
  return {
    capacity,
    inputs,
    outputs,
    run(rows) {
      for (let row = 0; row < rows; row++) {
        const value = Number(input[row]);
        if (value < 0) throw new Error("indices element out of data bounds");
        output[row] = 2 * value;
      }
      return undefined;
    },
    release: () => undefined,
  };
}

/** What a request of these rows is answered. */
async function ask(queue: BatchQueue, rows: readonly number[]): Promise<readonly number[] | string> {
  const answer = new Float32Array(rows.length);
  const inputs = [new Uint8Array(Float32Array.from(rows).buffer)];
  const job = { rows: rows.length, inputs, outputs: [new Uint8Array(answer.buffer)] };
  return queue.submit(job).then(
    () => [...answer],
    (error) => (error instanceof ProtocolError ? `${error.status}: ${error.message}` : "a defect"),
  );
}

const REFUSED = "400: the model cannot answer this input: indices element out of data bounds";

describe("BatchQueue", () => {
  test("answers every request but those that the model refuses, however they share batches", async () => {
    const requests = fc.array(fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 1, maxLength: 7 }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 12 }), async (asked, capacity) => {
        const queue = new BatchQueue(makeSession(capacity), { maxQueuedRows: 1000, batchWaitMs: 0 });
        const answers = await Promise.all(asked.map((rows) => ask(queue, rows)));
        const wanted = asked.map((rows) =>
          rows.some((value) => value < 0) ? REFUSED : rows.map((value) => 2 * value),
        );
        expect(answers).toEqual(wanted);
        await queue.whenEmpty();
        expect(queue.waitingRows).toBe(0);
        expect(queue.statistics.failures).toBe(wanted.filter((answer) => answer === REFUSED).length);
      }),
    );
  });
});
