import process from "node:process";
import type { Command } from "commander";
import { escapeControls } from "../../core/errors/printable.ts";
import type { ServeOptions } from "../../serving/serve_options.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, refuse } from "../cli_error.ts";
import { createNumberParser, createWholeNumberParser } from "../options/option_values.ts";

/** The environment variable that holds the token: what is typed as an option can be read by others on this machine. */
const TOKEN_VARIABLE = "FIRN_TOKEN";

/** The options of serve, as they are typed. */
export type ServeCommandOptions = Omit<ServeOptions, "models" | "tell"> & {
  readonly name?: string;
  readonly gate?: string;
  readonly feedback?: string;
};

/** Adds the command that serves models until it is stopped. */
export function addServeCommand(program: Command, context: CliContext): Command {
  const whole = createWholeNumberParser;
  return program
    .command("serve")
    .description("answer with a run's models by the Open Inference Protocol, and swap in new ones that forgot nothing")
    .argument("<paths...>", "run directories, folders of ONNX files with a number in their name, or ONNX files")
    .option("--name <name>", "what the model is called (default: the folder's or file's name)")
    .option("--host <address>", "address to listen on; other machines need 0.0.0.0 and a token (default: 127.0.0.1)")
    .option("--port <number>", "0 takes a free one; the address is printed", whole("--port", 0), 8000)
    .option("--listeners <number>", "threads that listen on the port and answer (default: 1)", whole("--listeners", 1))
    .option("--grpc-port <number>", "the protocol over gRPC, too; 0 takes a free one", whole("--grpc-port", 0))
    .option("--token <text>", `asked of requests that change something (default: ${TOKEN_VARIABLE} of the environment)`)
    .option(
      "--max-forgetting <share>",
      "accuracy a version may lose on a past experience (default: 0.2)",
      share("--max-forgetting"),
    )
    .option("--min-accuracy <share>", "accuracy it must have on every experience (default: 0)", share("--min-accuracy"))
    .option("--allow-unmeasured", "let a file through of which no accuracy is known, although a limit is given")
    .option("--gate <folder>", "held samples: experience-000/x.npy and y.npy … (default: what the run measured)")
    .option("--shadow", "a new version answers silently until it is promoted")
    .option("--canary <share>", "share of requests that a new version answers until it is promoted", share("--canary"))
    .option("--keep <number>", "versions that stay loaded (default: 3)", whole("--keep", 1))
    .option("--max-batch <rows>", "rows of a batch at the most (default: 64)", whole("--max-batch", 1))
    .option("--batch-wait-ms <number>", "how long a batch waits for more rows (default: 0)", number("--batch-wait-ms"))
    .option("--max-queued-rows <number>", "rows that may wait (default: 4096)", whole("--max-queued-rows", 1))
    .option("--max-body-bytes <number>", "size of a request (default: 64 MiB)", whole("--max-body-bytes", 1))
    .option(
      "--body-timeout-ms <number>",
      "how long a request may take to arrive (default: 30000)",
      whole("--body-timeout-ms", 1),
    )
    .option(
      "--max-concurrency <number>",
      "requests that are worked on at a time (default: 1024)",
      whole("--max-concurrency", 1),
    )
    .option("--max-rows <number>", "rows of one request (default: 4096)", whole("--max-rows", 1))
    .option(
      "--feedback <folder>",
      "take labels of answers, and collect them here as experiences (default: none are taken)",
    )
    .option("--feedback-rows <number>", "rows that are an experience (default: 1000)", whole("--feedback-rows", 1))
    .option(
      "--kept-requests <number>",
      "answers that can be labelled by id (default: 10000)",
      whole("--kept-requests", 1),
    )
    .option("--kept-bytes <number>", "bytes of their inputs (default: 64 MiB)", whole("--kept-bytes", 1))
    .option("--journal <file>", "what happened to versions (default: serving/journal.jsonl beside the models)")
    .option("--no-page", "answer / with JSON alone, no page for browsers")
    .action((paths: readonly string[], options: ServeCommandOptions) => serveUntilStopped(paths, options, context));
}

async function serveUntilStopped(
  paths: readonly string[],
  { name, gate, feedback, token, ...options }: ServeCommandOptions,
  { stdout, stderr, signal }: CliContext,
): Promise<void> {
  if (name !== undefined && paths.length > 1) throw new CliError("--name is for one model, got several paths");
  if (gate !== undefined && paths.length > 1) throw new CliError("--gate is for one model, got several paths");
  if (feedback !== undefined && paths.length > 1) throw new CliError("--feedback is for one model, got several paths");
  const models = paths.map((path) => ({ path, name, gate, feedback }));
  const { serve } = await import("../../serving/serve.ts");
  const tell = (line: string) => stderr.write(`${escapeControls(line)}\n`);
  const serving = await refuse(() => serve({ ...options, ...readToken({ token }), models, tell }));
  stdout.write(`listening on ${serving.url}\n`);
  if (serving.grpcPort !== undefined) stdout.write(`gRPC on port ${serving.grpcPort}\n`);
  if (!signal.aborted)
    await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  await serving.close();
}

/** The token that was typed, or that of the environment, if any. */
export function readToken({ token = process.env[TOKEN_VARIABLE] }: Pick<ServeCommandOptions, "token">): {
  readonly token?: string;
} {
  return token === undefined || token === "" ? {} : { token };
}

function share(option: string): (text: string) => number {
  return createNumberParser(option, { atLeast: 0, atMost: 1 });
}

function number(option: string): (text: string) => number {
  return createNumberParser(option, { atLeast: 0 });
}
