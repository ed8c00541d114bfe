// Brings up a service and an app, tells the story, and takes both down however it ends.

import { setTimeout as sleep } from "node:timers/promises";
import { Client as SdkClient } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";
import { startEmulator } from "../../tests/support/emulator.mjs";
import { FAIL_AGAIN } from "./checks.mjs";
import { bold, dim, facts, heading, say } from "./print.mjs";
import { story } from "./story.mjs";
import { startDemoApp } from "./workflows.mjs";

// A retry comes after a quarter of a second, in place of twelve.
const CLOCK_FACTOR = 50;

/**
 * @param {{ once: boolean }} options `once`: end after the checks
 * @returns {Promise<number>} the exit code
 */
export async function demo({ once }) {
  const stop = new AbortController();
  const stopped = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
  // Heard once: the second Ctrl-C ends the process as it always does.
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  muteSdk();

  const world = { signal: stop.signal };
  // With `once`, whoever asks wants to know whether all checks held.
  let code = once ? 1 : 0;
  const tell = async () => {
    await open(world);
    code = (await story(world)) ? 0 : 1;
    if (once) return;
    invite(world);
    await stopped;
  };
  try {
    await Promise.race([tell(), stopped]);
  } catch (error) {
    // Ctrl-C reaches the emulator too, and its end may be noticed before our own signal.
    await sleep(100);
    if (!stop.signal.aborted) throw error;
  } finally {
    await world.app?.close();
    await world.emulator?.close();
  }
  if (stop.signal.aborted) {
    say("\nStopped: the app and the emulator are down.");
    // What an interrupted story still waits for would keep us.
    process.exit(code);
  }
  return code;
}

async function open(world) {
  world.emulator = await startEmulator({ config: { clockFactor: CLOCK_FACTOR } });
  world.app = await startDemoApp(world.emulator);
  const { url: baseUrl, token } = world.emulator;
  world.sdk = new SdkClient({ baseUrl, token });
  world.client = new Client({ baseUrl, token });
  heading("upstash-workflow-dlq, on this machine alone");
  facts([
    ["service", `${baseUrl} ${dim("an emulator of Upstash Workflow")}`],
    ["app", `${new URL(world.app.url("")).origin} ${dim("three workflows of the official SDK")}`],
  ]);
}

/** The SDK prints each error of a step, here hundreds; what matters to us is a rejection too. */
function muteSdk() {
  for (const name of ["error", "warn"]) {
    const print = console[name];
    console[name] = (...words) => {
      if (!String(words[0]).includes("[Upstash ")) print(...words);
    };
  }
}

function invite({ emulator }) {
  heading("Your turn");
  say(`  The service and the app stay up until Ctrl-C, with ${FAIL_AGAIN} entries in the DLQ:`);
  say("  the legacy runs fail each time, so there is always something to resume.");
  say("  Paste this into another terminal, in this folder:\n");
  say(
    bold(`export QSTASH_URL=${emulator.url}
export QSTASH_TOKEN=${emulator.token}
node --input-type=module <<'EOF'
import { Client } from "upstash-workflow-dlq";

const client = Client.fromEnv();
const preview = await client.dlq.preview({ all: true });
console.log(preview.count, "entries:", preview.groups.error.values);
console.log(await client.dlq.resumeAll(preview.selection, { retries: 0 }));
EOF`),
  );
}
