import { RangeRefusal, RefusalError, SyntaxRefusal, TypeRefusal } from "./errors.ts";

/** An error as plain data, so that it crosses a Worker's border with its class and its cause. */
export interface ErrorData {
  readonly name: string;
  /** Whether it is a refusal; absent if not. */
  readonly isRefusal?: true;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ErrorData;
}

const CLASSES: Readonly<Record<string, new (message: string, options?: ErrorOptions) => Error>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

const REFUSALS: typeof CLASSES = {
  RangeError: RangeRefusal,
  SyntaxError: SyntaxRefusal,
  TypeError: TypeRefusal,
};

/** Takes an error, or whatever was thrown, apart. */
export function serializeError(thrown: unknown): ErrorData {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  return {
    name,
    message,
    ...(thrown instanceof RefusalError ? { isRefusal: true } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause: serializeError(cause) }),
  };
}

/** Puts an error together again, as an instance of its built-in class where it has one. */
export function deserializeError(data: ErrorData): Error {
  const cause = data.cause && deserializeError(data.cause);
  const ErrorClass = data.isRefusal ? (REFUSALS[data.name] ?? RefusalError) : (CLASSES[data.name] ?? Error);
  const error = new ErrorClass(data.message, cause ? { cause } : undefined);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
