import { encodeText, type NativeApi } from "./native_api.ts";

/** What of the C API it takes. */
type OptionsApi = Pick<NativeApi, "make" | "call" | "free" | "addressOf">;

const WORD_BYTES = 8;

/**
 * Has a session's nodes computed by the CUDA provider where it knows them.
 * @param session The session's options.
 * @param provider The provider's options, by its own names.
 * @throws {Error} If the provider cannot be loaded, there is no such device, or an option has no such value: with the
 *   words of the loader, of CUDA or of onnxruntime.
 */
export function appendCuda(api: OptionsApi, session: number, provider: Readonly<Record<string, string>>): void {
  const options = api.make("CreateCUDAProviderOptions");
  try {
    const { names, values } = listAddresses(api, provider);
    api.call("UpdateCUDAProviderOptions", options, names, values, names.length);
    api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", session, options);
  } finally {
    api.free("ReleaseCUDAProviderOptions", options);
  }
}

/** Lists of the addresses of names and values. They share the texts' buffer, so that holding them holds the texts. */
function listAddresses(
  api: OptionsApi,
  provider: Readonly<Record<string, string>>,
): { readonly names: BigUint64Array; readonly values: BigUint64Array } {
  const texts = [...Object.keys(provider), ...Object.values(provider)].map(encodeText);
  const count = texts.length / 2;
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  const bytes = new Uint8Array(texts.length * WORD_BYTES + total);
  const addresses = new BigUint64Array(bytes.buffer, 0, texts.length);
  const start = api.addressOf(bytes);
  let offset = texts.length * WORD_BYTES;
  for (const [i, text] of texts.entries()) {
    bytes.set(text, offset);
    addresses[i] = BigInt(start + offset);
    offset += text.length;
  }
  return { names: addresses.subarray(0, count), values: addresses.subarray(count) };
}
