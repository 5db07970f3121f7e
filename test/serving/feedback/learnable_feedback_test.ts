import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { removeFolders } from "../../support/made_idx.ts";
import { makeRequest } from "../asking.ts";
import { NAMES, readExperience, serveMade } from "./served_feedback.ts";

afterAll(removeFolders);

describe("feedback that is to be learnt", () => {
  test("takes bytes of a model that was trained on pixels, as before its first version", async () => {
    const normalization = JSON.stringify({ scale: 1 / 255, mean: [0.5], std: [0.25] });
    const { serving, folder, infer, tell, close } = await serveMade({
      classNames: ["0", "1", "2"],
      metadata: { "firn.normalization": normalization },
    });
    await using _ = serving;
    const bytes = (data: number[], labels: number[]) => ({
      inputs: [{ name: "input", datatype: "UINT8", shape: [labels.length, 3], data }],
      labels,
    });
    expect((await tell(bytes([1, 2, 3, 4, 5, 255], [1, 1]))).status).toBe(200);
    expect((await tell(bytes([256, 2, 3], [1]))).status).toBe(400);
    // The same pixel, as the model takes it.
    await infer([[(9 / 255 - 0.5) / 0.25, -2, 2]], "pixel");
    expect((await tell({ id: "pixel", labels: [2] })).status).toBe(200);
    await tell(bytes([0, 0, 0], [1]));
    await close();
    const x = [1, 2, 3, 4, 5, 255, 9, 0, 255, 0, 0, 0];
    expect(await readExperience(join(folder, "feedback-0001"))).toMatchObject({
      isBytes: true,
      x,
      labels: [1, 1, 2, 1],
    });
    const plain = await serveMade({ classNames: NAMES });
    await using __ = plain.serving;
    expect((await plain.tell(bytes([1, 2, 3], [1]))).json.error).toBe('"input" must be of datatype FP32, got "UINT8"');
  });

  test("takes so many new classes as the network has outputs for", async () => {
    const model = { classNames: NAMES, classes: 4, metadata: { "firn.most_classes": "4" } };
    const { serving, folder, tell, close } = await serveMade(model);
    const one = (...labels: string[]) =>
      makeRequest(
        labels.map(() => [1, 2, 3]),
        { labels },
      );
    const full = (name: string) => {
      const error = `the model has outputs for 4 classes, and none is left for "${name}"; known: "ant", "bee", "cat", "dog"`;
      return { status: 400, json: { error } };
    };
    expect((await tell(one("dog", "elk"))).status).toBe(400);
    expect((await tell(one("dog", "dog", "dog"))).json.new_classes).toEqual(["dog"]);
    expect(await tell(one("elk"))).toMatchObject(full("elk"));
    expect((await close()).json.experience).toBe("feedback-0001");
    await serving.close();
    // Another process knows what was collected.
    const again = await serveMade(model, {}, folder);
    await using _ = again.serving;
    expect(await again.tell(one("fox"))).toMatchObject(full("fox"));
    expect((await again.tell(one("dog"))).status).toBe(200);
    const growing = await serveMade({ classNames: NAMES });
    await using __ = growing.serving;
    expect((await growing.tell(one("dog", "elk"))).status).toBe(200);
  });
});
