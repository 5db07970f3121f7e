import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { SavedState } from "../../../src/core/saved_state.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { decodeSafetensors } from "../../../src/runs/checkpoints/safetensors.ts";
import { unflattenState } from "../../../src/runs/checkpoints/state_tree.ts";
import { savedStates, spellOut } from "./made_states.ts";

const EXAMPLE = {
  now: { parameters: Float32Array.of(1, 2, 3), keys: Float64Array.of(0.5), done: Uint8Array.of(1, 0, 1) },
  start: { parameters: Float32Array.of(1, 2, 3) },
  value: Number.NaN,
};

describe("encodeCheckpoint()", () => {
  test("gives back any state through decodeCheckpoint()", () => {
    fc.assert(
      fc.property(savedStates, (state) => {
        expect(spellOut(decodeCheckpoint(encodeCheckpoint(state)))).toEqual(spellOut(state));
      }),
    );
  });

  test("is safetensors, with each array where it first stood and equal arrays once", () => {
    const { metadata, tensors } = decodeSafetensors(encodeCheckpoint(EXAMPLE));
    expect([...tensors]).toEqual([
      ["now.keys", EXAMPLE.now.keys],
      ["now.parameters", EXAMPLE.now.parameters],
      ["now.done", EXAMPLE.now.done],
    ]);
    expect(JSON.parse(metadata.document ?? "")).toEqual({
      now: {
        parameters: { $tensor: "now.parameters" },
        keys: { $tensor: "now.keys" },
        done: { $tensor: "now.done" },
      },
      start: { parameters: { $tensor: "now.parameters" } },
      value: { $number: "NaN" },
    });
  });

  test("states the SHA-256 of the file with zeros in the checksum's place, 35 bytes from its start", () => {
    const bytes = encodeCheckpoint(EXAMPLE);
    const stated = new TextDecoder().decode(bytes.subarray(35, 99));
    bytes.set(new TextEncoder().encode("0".repeat(64)), 35);
    expect(stated).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("gives equal bytes for equal states", () => {
    expect(encodeCheckpoint(structuredClone(EXAMPLE))).toEqual(encodeCheckpoint(EXAMPLE));
  });

  test("refuses what cannot be saved, and says where it stands", () => {
    const state: unknown = { plugins: [{ state: { seen: new Set([1]) } }] };
    expect(() => encodeCheckpoint(state as SavedState)).toThrow(
      "plugins.0.state.seen must be plain data or a typed array to be saved",
    );
    expect(() => encodeCheckpoint(new Int8Array(1) as unknown as SavedState)).toThrow("the state must be plain data");
  });
});

describe("decodeCheckpoint()", () => {
  test("refuses a file with any one byte changed", () => {
    const changes = fc.record({ state: savedStates, place: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(changes, ({ state, place, by }) => {
        const bytes = encodeCheckpoint(state);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ by;
        expect(() => decodeCheckpoint(bytes)).toThrow(/checkpoint|safetensors/);
      }),
    );
  });

  test("refuses every byte of one file changed in turn", () => {
    const bytes = encodeCheckpoint(EXAMPLE);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      expect(() => decodeCheckpoint(changed)).toThrow(/checkpoint|safetensors/);
    }
  });

  test("refuses a file that was cut off anywhere, or has more at its end", () => {
    const bytes = encodeCheckpoint(EXAMPLE);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(/checkpoint|safetensors/);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => decodeCheckpoint(longer)).toThrow(/checkpoint|safetensors/);
  });

  test("refuses a file of another version in one sentence", () => {
    const text = Buffer.from(encodeCheckpoint(EXAMPLE)).toString("latin1");
    const change = (version: string) => {
      const unsigned = text.replace('"version":"2"', `"version":"${version}"`).replace(/[0-9a-f]{64}/, "0".repeat(64));
      const checksum = createHash("sha256").update(unsigned, "latin1").digest("hex");
      return Buffer.from(unsigned.replace("0".repeat(64), checksum), "latin1");
    };
    expect(() => decodeCheckpoint(change("1"))).toThrow(
      'the checkpoint must be of version "2" or "3", got "1": another version of Firn wrote it',
    );
    expect(() => decodeCheckpoint(change("3"))).toThrow("the checkpoint's weights: not JSON");
  });

  test("gives every array memory of its own", () => {
    const { now, start } = decodeCheckpoint(encodeCheckpoint(EXAMPLE)) as typeof EXAMPLE;
    now.parameters[0] = 9;
    expect(start.parameters[0]).toBe(1);
  });

  test("reads from the middle of a buffer, at any alignment", () => {
    const bytes = encodeCheckpoint(EXAMPLE);
    const buffer = new Uint8Array(bytes.length + 3);
    buffer.set(bytes, 3);
    expect(decodeCheckpoint(buffer.subarray(3))).toEqual(EXAMPLE);
  });

  test("refuses a state that names one array so often that its copies would fill the memory", () => {
    const tensors = new Map([["a", new Float32Array(2 ** 20)]]);
    const document = Array.from({ length: 200 }, () => ({ $tensor: "a" }));
    const message = "a state must name its arrays at most 64 times, got 838860800 bytes of copies";
    expect(() => unflattenState({ document, tensors })).toThrow(message);
    expect(unflattenState({ document: document.slice(0, 3), tensors })).toHaveLength(3);
  });

  test("takes no key of the state for anything else, whatever its name", () => {
    const state = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toString": [3], "$tensor": "x"}');
    const decoded = decodeCheckpoint(encodeCheckpoint(state));
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(state));
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });
});
