// Where the SDK's `client.dlq` is expected, ours is taken.

import type * as sdk from "@upstash/workflow";
import {
  Client,
  type DLQResumeRestartOptions,
  type DLQResumeRestartResponse,
} from "upstash-workflow-dlq";

type Sdk = sdk.Client;

/** The SDK's class has a private member: what is public of it is what counts. */
type Public<T> = { [Name in keyof T]: T[Name] };
type SdkDlq = Public<Sdk["dlq"]>;

const ours = new Client({ token: "t" });
export const dlq: SdkDlq = ours.dlq;
export const logs: Sdk["logs"] = (parameters) => ours.logs(parameters);

/** What code that was written for the SDK does. */
export const drain = async (dlq: SdkDlq): Promise<string[]> => {
  const runs: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await dlq.resume({ all: true, count: 100, cursor }, { retries: 3 });
    runs.push(...page.workflowRuns.map(({ workflowRunId }) => workflowRunId));
    cursor = page.cursor;
  } while (cursor);
  return runs;
};
export const drained = drain(ours.dlq);

export const options: NonNullable<ConstructorParameters<typeof Client>[0]> = {
  baseUrl: "https://qstash.upstash.io",
  token: "t",
  retry: { retries: 3, backoff: (retry) => Math.exp(retry) * 50 },
  enableTelemetry: false,
} satisfies ConstructorParameters<typeof sdk.Client>[0];

/** Every option of the SDK's client is one of ours. */
export const accepted = (given: NonNullable<ConstructorParameters<typeof sdk.Client>[0]>): Client =>
  new Client(given);

/** The types that the SDK exports for these calls, by its names. */
export const older = (given: sdk.DLQResumeRestartOptions<string[]>): DLQResumeRestartOptions =>
  given;
export const answered = (run: DLQResumeRestartResponse): sdk.DLQResumeRestartResponse => run;
