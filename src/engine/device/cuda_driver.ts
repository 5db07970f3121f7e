import type { ForeignFunction, ForeignInterface, ForeignType } from "../../core/foreign/foreign_interface.ts";
import type { DeviceDriver } from "./device_memory.ts";

/** NVIDIA's driver, which comes with it on Linux. */
const LIBRARY = "libcuda.so.1";

/** CU_MEMHOSTREGISTER_PORTABLE */
const FOR_ALL_CONTEXTS = 1;

/** The functions of the driver that we call, and what they take. All give a result, 0 where they succeeded. */
const FUNCTIONS = {
  /** flags */
  cuInit: ["int32"],
  /** → device, its number */
  cuDeviceGet: ["word", "int32"],
  /** → context, device */
  cuDevicePrimaryCtxRetain: ["word", "int32"],
  /** context */
  cuCtxSetCurrent: ["word"],
  cuCtxSynchronize: [],
  /** → address, bytes */
  cuMemAlloc_v2: ["word", "word"],
  /** address */
  cuMemFree_v2: ["word"],
  /** to, from, bytes */
  cuMemcpyHtoD_v2: ["word", "word", "word"],
  /** to, from, bytes */
  cuMemcpyDtoH_v2: ["word", "word", "word"],
  /** address, byte, how many */
  cuMemsetD8_v2: ["word", "int32", "word"],
  /** address, bytes, flags */
  cuMemHostRegister_v2: ["word", "word", "int32"],
  /** address */
  cuMemHostUnregister: ["word"],
  /** result → text */
  cuGetErrorString: ["int32", "word"],
} as const satisfies Readonly<Record<string, readonly ForeignType[]>>;

type FunctionName = keyof typeof FUNCTIONS;

/**
 * The memory of a CUDA device by NVIDIA's driver. It takes the device's primary context, as CUDA's runtime and with it
 * onnxruntime do, so that their kernels reach the same memory.
 * @param library Where the driver is. Default: where the loader finds it.
 * @throws {Error} If the driver or the device is not there.
 */
export function openCudaDriver(foreign: ForeignInterface, deviceId: number, library = LIBRARY): DeviceDriver {
  const driver = new CudaDriver(foreign, library);
  driver.call("cuInit", 0);
  const device = driver.makeInt32("cuDeviceGet", deviceId);
  const context = driver.makeWord("cuDevicePrimaryCtxRetain", device);
  /** What another library of this thread has made current may be another device. */
  const enter = () => driver.call("cuCtxSetCurrent", context);
  const finish = () => driver.call("cuCtxSynchronize");
  return {
    device: `cuda:${deviceId}`,
    allocate(sizeBytes) {
      enter();
      // The driver allocates no memory of no bytes.
      return driver.makeWord("cuMemAlloc_v2", Math.max(1, sizeBytes));
    },
    free(address) {
      enter();
      driver.call("cuMemFree_v2", address);
    },
    write(address, values) {
      enter();
      driver.call("cuMemcpyHtoD_v2", address, foreign.addressOf(values), values.byteLength);
      // The values have left ordinary memory, and may not have arrived: onnxruntime's stream waits for nobody.
      finish();
    },
    read(address, into) {
      enter();
      driver.call("cuMemcpyDtoH_v2", foreign.addressOf(into), address, into.byteLength);
    },
    clear(address, sizeBytes) {
      enter();
      driver.call("cuMemsetD8_v2", address, 0, sizeBytes);
      finish();
    },
    locker: {
      addressOf: foreign.addressOf,
      lock(address, sizeBytes) {
        enter();
        driver.call("cuMemHostRegister_v2", address, sizeBytes, FOR_ALL_CONTEXTS);
      },
      unlock(address) {
        enter();
        driver.call("cuMemHostUnregister", address);
      },
    },
  };
}

class CudaDriver {
  readonly #foreign: ForeignInterface;
  readonly #functions: Readonly<Record<FunctionName, ForeignFunction>>;
  readonly #word = new BigUint64Array(1);

  constructor(foreign: ForeignInterface, library: string) {
    const open = (name: FunctionName) => foreign.open(library, name, { takes: FUNCTIONS[name], gives: "int32" });
    this.#foreign = foreign;
    this.#functions = {
      cuInit: open("cuInit"),
      cuDeviceGet: open("cuDeviceGet"),
      cuDevicePrimaryCtxRetain: open("cuDevicePrimaryCtxRetain"),
      cuCtxSetCurrent: open("cuCtxSetCurrent"),
      cuCtxSynchronize: open("cuCtxSynchronize"),
      cuMemAlloc_v2: open("cuMemAlloc_v2"),
      cuMemFree_v2: open("cuMemFree_v2"),
      cuMemcpyHtoD_v2: open("cuMemcpyHtoD_v2"),
      cuMemcpyDtoH_v2: open("cuMemcpyDtoH_v2"),
      cuMemsetD8_v2: open("cuMemsetD8_v2"),
      cuMemHostRegister_v2: open("cuMemHostRegister_v2"),
      cuMemHostUnregister: open("cuMemHostUnregister"),
      cuGetErrorString: open("cuGetErrorString"),
    };
  }

  /** @throws {Error} If it failed, with the driver's words. */
  call(name: FunctionName, ...values: readonly number[]): void {
    const result = this.#functions[name](...values);
    if (result !== 0) throw new Error(`${name}: ${this.#describe(result)}`);
  }

  /** What a function writes to its first argument, of 64 bits. */
  makeWord(name: FunctionName, ...values: readonly number[]): number {
    this.#word[0] = 0n;
    this.call(name, this.#foreign.addressOf(this.#word), ...values);
    return Number(this.#word[0]);
  }

  /** The same, of 32 bits. */
  makeInt32(name: FunctionName, ...values: readonly number[]): number {
    return this.makeWord(name, ...values) & 0x7fffffff;
  }

  #describe(result: number): string {
    this.#word[0] = 0n;
    this.#functions.cuGetErrorString(result, this.#foreign.addressOf(this.#word));
    const text = Number(this.#word[0]);
    return text === 0 ? `CUDA error ${result}` : `${this.#foreign.readText(text)} (CUDA error ${result})`;
  }
}
