import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { SavedState } from "../../../src/core/saved_state.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { decodeSafetensors } from "../../../src/runs/checkpoints/safetensors.ts";
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
    expect(() => encodeCheckpoint(state as SavedState)).toThrow("Cannot save plugins.0.state.seen: wanted plain data");
    expect(() => encodeCheckpoint(new Int8Array(1) as unknown as SavedState)).toThrow("Cannot save a state");
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
        expect(() => decodeCheckpoint(bytes)).toThrow(/^Cannot read a checkpoint/);
      }),
    );
  });

  test("refuses every byte of one file changed in turn", () => {
    const bytes = encodeCheckpoint(EXAMPLE);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      expect(() => decodeCheckpoint(changed)).toThrow(/^Cannot read a checkpoint/);
    }
  });

  test("refuses a file that was cut off anywhere, or has more at its end", () => {
    const bytes = encodeCheckpoint(EXAMPLE);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow(/^Cannot read a checkpoint/);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => decodeCheckpoint(longer)).toThrow(/^Cannot read a checkpoint/);
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
});
