// What the SDK tests share: one emulator a file, one app a test.

import { after, before, beforeEach } from "node:test";
import { Client } from "@upstash/workflow";
import { startApp } from "../../support/app.mjs";
import { startEmulator } from "../../support/emulator.mjs";

// A retry after 12 s comes after 1.2 ms, a sleep of an hour takes 0.36 s.
const CLOCK_FACTOR = 10_000;

/** Hooks that start the emulator, reset it before each test and close all apps. */
export function sdkTest() {
  const test = { apps: [] };
  before(async () => {
    test.emulator = await startEmulator();
    test.client = new Client({ baseUrl: test.emulator.url, token: test.emulator.token });
  });
  beforeEach(async () => {
    await closeApps(test);
    await test.emulator.reset();
    await test.emulator.config({ clockFactor: CLOCK_FACTOR });
  });
  after(async () => {
    await closeApps(test);
    await test.emulator.close();
  });
  test.app = async (workflows, routes) => {
    const app = await startApp(test.emulator, workflows, routes);
    test.apps.push(app);
    return app;
  };
  /** Triggers a workflow and waits until nothing goes on any more. */
  test.trigger = async (app, name, options = {}) => {
    const { workflowRunId } = await test.client.trigger({ url: app.url(name), ...options });
    await test.emulator.idle();
    return test.run(workflowRunId);
  };
  test.run = async (workflowRunId) => (await test.emulator.runs({ workflowRunId }))[0];
  return test;
}

async function closeApps(test) {
  await Promise.all(test.apps.splice(0).map((app) => app.close()));
}
