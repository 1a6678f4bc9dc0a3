/**
 * Brings an output of the notebook up to date that the kernel has replaced without effect: after a page was loaded again
 * in the middle of a run, the notebook does not know which output such messages mean, and would save the old one.
 */

import type { GetOutputMessage, OutputMessage, OutputVersion, Traits } from "./protocol/messages";

/** What is used of the model of the widget. */
export interface LiveModel {
  get(name: "output_version"): Traits["output_version"];
  on(event: string, handler: (message?: unknown) => void): void;
  off(event: string, handler: (message?: unknown) => void): void;
  send(message: GetOutputMessage): void;
}

/** How long the notebook may take to replace the output by itself. */
const WAIT_MS = 1000;
/** The delay before the first repetition of a request; then it is doubled each time, as each answer may be large. */
const FIRST_RETRY_MS = 10_000;

export class MissedOutput {
  #version: OutputVersion | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #handlers: [string, (message?: unknown) => void][];

  /** `write` replaces the output in the notebook. */
  constructor(
    private readonly model: LiveModel,
    private readonly write: (output: OutputMessage) => void,
  ) {
    this.#handlers = [
      ["change:output_version", () => this.#check()],
      ["msg:custom", (message) => this.#receive(message)],
    ];
    for (const [name, handler] of this.#handlers) model.on(name, handler);
  }

  /** Note the version of the output that the notebook has. */
  setVersion(version: OutputVersion | undefined): void {
    this.#version = version;
    this.#stopTimer();
    this.#check();
  }

  close(): void {
    this.#stopTimer();
    for (const [name, handler] of this.#handlers) this.model.off(name, handler);
  }

  #isOlderThan({ id, revision = 0 }: Partial<OutputVersion> = {}): boolean {
    const own = this.#version;
    return own !== undefined && own.id === id && own.revision < revision;
  }

  #check(): void {
    if (this.#timer === undefined && this.#isOlderThan(this.model.get("output_version"))) {
      this.#timer = setTimeout(() => this.#request(FIRST_RETRY_MS), WAIT_MS);
    }
  }

  #request(retryMs: number): void {
    this.model.send({ kind: "get_output" });
    this.#timer = setTimeout(() => this.#request(2 * retryMs), retryMs);
  }

  #receive(message: unknown): void {
    const output = Object(message) as OutputMessage;
    if (output.kind === "output" && this.#isOlderThan(output.version)) this.write(output);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
