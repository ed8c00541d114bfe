// Brings up a service and an app, tells the story, opens the admin page on what is left and more,
// and takes all of it down however it ends.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Client as SdkClient } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";
import { muteSdk } from "../../tests/support/app.mjs";
import { startEmulator } from "../../tests/support/emulator.mjs";
import { path } from "../lib/run.mjs";
import { FAIL_AGAIN, OVERRIDES } from "./checks.mjs";
import { bold, dim, facts, heading, say } from "./print.mjs";
import { story } from "./story.mjs";
import { SEEDED, seedVariety } from "./variety.mjs";
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
    await openAdmin(world);
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
    await world.admin?.close();
    await world.app?.close();
    await world.emulator?.close();
  }
  if (stop.signal.aborted) {
    say("\nStopped: everything is down.");
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
  heading("upstash-workflow-dlq, on this machine only");
  facts([
    ["service", `${baseUrl} ${dim("an emulator of Upstash Workflow")}`],
    ["app", `${new URL(world.app.url("")).origin} ${dim("three workflows of the official SDK")}`],
  ]);
}

/** The admin app over the same service, with more failures to look at. */
async function openAdmin(world) {
  await seedVariety(world.emulator);
  const { url: QSTASH_URL, token: QSTASH_TOKEN } = world.emulator;
  const ADMIN_TOKEN = randomBytes(24).toString("base64url");
  // A process of its own: what runs workerd would end ours at the first Ctrl-C.
  const child = spawn(process.execPath, [path("www/dev.mjs"), "--port", "0", "--exit-with-stdin"], {
    env: { ...process.env, QSTASH_URL, QSTASH_TOKEN, ADMIN_TOKEN },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const close = async () => {
    child.stdin.end();
    await exited;
  };
  world.admin = { close, token: ADMIN_TOKEN };
  const [line] = await Promise.race([once(child.stdout, "data"), exited]);
  if (child.exitCode !== null) throw new Error("The admin app does not begin");
  world.admin.url = String(line).trim();
}

const whole = new Intl.NumberFormat("en");

function invite({ emulator, admin }) {
  heading("Your turn");
  say(
    `  The admin page, with ${whole.format(FAIL_AGAIN + SEEDED)} failed runs to look into (the link signs you in):\n`,
  );
  say(bold(`  ${admin.url}/#token=${admin.token}`));
  say(
    "\n  The service and the app stay up until Ctrl-C. The legacy runs fail each time, so there is",
  );
  say("  always something to resume. Paste this into another terminal, in this folder:\n");
  say(
    bold(`export QSTASH_URL=${emulator.url}
export QSTASH_TOKEN=${emulator.token}
node --input-type=module <<'EOF'
import { Client } from "upstash-workflow-dlq";

const client = Client.fromEnv();
const preview = await client.dlq.preview({ filter: { label: "${OVERRIDES.label}" } });
console.log(preview.count, "entries:", preview.groups.error.values);
console.log(await client.dlq.resumeAll(preview.selection, { retries: 0 }));
EOF`),
  );
}
