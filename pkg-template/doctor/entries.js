// Fields of listed entries. They come from the service: any may be missing, or of another type.

import { moment } from "../dates.js";

const isObject = (value) => typeof value === "object" && value !== null;
const texts = (values) =>
  values.filter(
    (value) => typeof value === "string" && value !== "" && !value.startsWith("REDACTED:"),
  );

/** An entry's id; the doctor ignores entries without one. */
export const idOf = (entry) => (isObject(entry) ? texts([entry.dlqId])[0] : undefined);

/** When the message of the failed step was created. */
export const createdAt = ({ createdAt: at }) => moment(at);
/** When its run was created. */
export const runCreatedAt = ({ workflowCreatedAt: at }) => moment(at);

/** The values of an entry that each filter compares. */
export const VALUES = {
  workflowUrl: ({ workflowUrl, url }) => texts([workflowUrl ?? url]),
  workflowRunId: ({ workflowRunId }) => texts([workflowRunId]),
  workflowCreatedAt: (entry) => [runCreatedAt(entry)].filter(Boolean),
  label: ({ labels, label }) => texts(Array.isArray(labels) ? labels : [label]),
  failureFunctionState: ({ failureFunctionState, failureCallbackInfo }) =>
    texts([failureFunctionState ?? failureCallbackInfo?.state]),
  callerIp: ({ callerIP, callerIp }) => texts([callerIP ?? callerIp]),
  flowControlKey: ({ flowControlKey }) => texts([flowControlKey]),
};
