// Starts the emulator and talks to its control API (tests/service/emulator/README.md).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { EMULATOR } from "../../scripts/setup.mjs";

/**
 * Starts an emulator on a free port.
 *
 * @param {{ port?: number, config?: object, binary?: string, record?: string, dev?: boolean }} [options] `config`:
 *   switches to begin with; `record`: a folder for what is asked; `dev`: the secrets of Upstash's dev server
 */
export async function startEmulator(options = {}) {
  const binary = options.binary ?? process.env.EMULATOR_BIN ?? EMULATOR;
  const args = ["--port", String(options.port ?? 0), "--exit-with-stdin"];
  // For tests/service/contract, which holds what all suites asked against the service's description.
  const record = options.record ?? process.env.RECORD_REQUESTS;
  if (record) args.push("--record", record);
  if (options.dev) args.push("--dev");
  // Its stdin is a pipe of ours: it ends when we do, however we end.
  const child = spawn(binary, args, { stdio: ["pipe", "pipe", "inherit"] });
  const access = JSON.parse(await firstLine(child, binary));
  // A test that forgets to close it ends all the same.
  for (const handle of [child, child.stdin, child.stdout]) handle.unref();

  const control = async (method, path, body) => {
    const response = await fetch(`${access.url}/_emulator/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`emulator: ${method} ${path}: ${answer.error}`);
    return answer;
  };
  const query = (params = {}) => {
    const text = new URLSearchParams(params).toString();
    return text === "" ? "" : `?${text}`;
  };

  const emulator = {
    ...access,
    child,
    /** `seed(1000)`, `seed({ count, … })` or `seed({ entries: […] })` */
    seed: (what) => control("POST", "seed", typeof what === "number" ? { count: what } : what),
    /** Runs without an engine, in any state and with changes to come: a list. Answers their ids and dates. */
    seedRuns: async (runs) => (await control("POST", "runs", runs)).workflowRuns,
    /** Changes the switches it is given; answers all of them. */
    config: (patch) => (patch ? control("PUT", "config", patch) : control("GET", "config")),
    /** Replaces the rules in force. */
    faults: (rules) => (rules ? control("POST", "faults", rules) : control("GET", "faults")),
    audit: (options) => control("GET", `audit${options?.summary ? "?summary=1" : ""}`),
    requests: (params) => control("GET", `requests${query(params)}`),
    runs: async (params) => (await control("GET", `runs${query(params)}`)).runs,
    deliveries: async (params) => (await control("GET", `deliveries${query(params)}`)).deliveries,
    /** Resolves when nothing is in flight or planned; rejects after `timeout` ms, far more than a busy machine needs. */
    idle: async (timeout = 60_000) => {
      const { idle } = await control("GET", `idle?timeout=${timeout}`);
      if (!idle) throw new Error(`emulator: still busy after ${timeout} ms`);
    },
    reset: () => control("POST", "reset"),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
    [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: () => emulator.close(),
  };
  if (options.config) await emulator.config(options.config);
  return emulator;
}

function firstLine(child, binary) {
  return new Promise((resolve, reject) => {
    const failed = (why) =>
      reject(
        new Error(
          `emulator: ${binary}: ${why} (cargo build --release -p upstash-workflow-emulator)`,
        ),
      );
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code) => failed(`ended with code ${code}`));
    createInterface({ input: child.stdout }).once("line", resolve);
  });
}
