// What must not compile: each line under an `@ts-expect-error` is one mistake.

import { Client } from "upstash-workflow-dlq";

const { dlq } = new Client({ token: "t" });

// @ts-expect-error: nothing is selected
dlq.resume();
// @ts-expect-error: nothing is selected
dlq.resume({});
// @ts-expect-error: all is true or absent
dlq.resume({ all: false });
// @ts-expect-error: all, as a flag that may be false
dlq.resume({ all: Math.random() > 0.5 });
// @ts-expect-error: ids and a filter
dlq.resume({ dlqIds: ["1-0"], filter: { label: "a" } });
// @ts-expect-error: ids and all
dlq.resume({ dlqIds: ["1-0"], all: true });
// @ts-expect-error: a filter and all
dlq.resume({ filter: { label: "a" }, all: true });
// @ts-expect-error: an empty filter
dlq.resume({ filter: {} });
// @ts-expect-error: a filter's name, misspelt
dlq.resume({ filter: { label: "a", workflowURL: "https://a.b" } });
// @ts-expect-error: a state that is no text
dlq.resume({ filter: { failureFunctionState: 2 } });
// @ts-expect-error: null is not absent
dlq.resume({ filter: { label: null } });
// @ts-expect-error: a number as an id
dlq.resume(5);
// @ts-expect-error: overrides that there are not
dlq.resume("1-0", { retry: 3 });
// @ts-expect-error: flow control of nothing
dlq.resume("1-0", { flowControl: {} });
// @ts-expect-error: the SDK's older form has both a key and a limit
dlq.resume({ dlqId: "1-0", flowControl: { key: "k" } });
// @ts-expect-error: a count in a drive
dlq.resumeAll({ all: true, count: 5 });
// @ts-expect-error: a cursor in a drive
dlq.resumeAll({ filter: { label: "a" }, cursor: "c" });
// @ts-expect-error: no bound without freeze
dlq.resumeAll({ all: true }, {}, { freeze: false });
// @ts-expect-error: a strategy that there is not
dlq.resumeAll({ all: true }, {}, { strategy: "page" });
// @ts-expect-error: an empty condition
dlq.resumeAll({ all: true }, {}, { where: {} });
// @ts-expect-error: ids are named, so that nothing picks among them
dlq.resumeAll({ dlqIds: ["1-0"], where: { error: "a" } });
// @ts-expect-error: one request has a count, not a limit
dlq.resume({ all: true, limit: 5 });
// @ts-expect-error: no class of statuses
dlq.preview({ all: true, where: { responseStatus: "6xx" } });
// @ts-expect-error: a canary without entries
dlq.resumeAll({ all: true }, {}, { canary: { maxFailedAgain: 0 } });
// @ts-expect-error: no selection, and no checkpoint
dlq.resumeAll(undefined, undefined, {});
// @ts-expect-error: the drive's options come third
dlq.resumeAll({ all: true }, { limit: 5 });
// @ts-expect-error: a delete takes no overrides
dlq.deleteAll({ all: true }, { retries: 5 });
// @ts-expect-error: what a checkpoint brings can't be said anew
dlq.continueFrom("wdlq4…", { limit: 5 });
// @ts-expect-error: an id alone is not an entry
dlq.retryFailureFunction("1-0");
// @ts-expect-error: a token where none is sent
new Client({ auth: "none", token: "t" });
// @ts-expect-error: a way of auth that there is not
new Client({ token: "t", auth: "basic" });
// @ts-expect-error: options that there are not
new Client({ tokn: "t" });
// @ts-expect-error: bytes are a number
new Client({ token: "t", maxResponseSize: "64 MiB" });
// @ts-expect-error: retry is false, or how
new Client({ token: "t", retry: true });
// @ts-expect-error: the summary of a delete has no resumed
dlq.deleteAll({ all: true }).then(({ resumed }) => resumed);
