// The dates of listed entries. They are the service's: each may be missing, or of another type.

/** The last moment that a `Date` can have. */
const LATEST_MS = 8.64e15;

/** Milliseconds since 1970, if `value` is such a moment. */
export const moment = (value) =>
  Number.isInteger(value) && value > 0 && value <= LATEST_MS ? value : undefined;

/** The moment that an id of the service begins with: that of the failure. */
export const momentOfId = ({ dlqId }) =>
  typeof dlqId === "string" ? moment(Number(/^(\d{13})-\d+$/.exec(dlqId)?.[1])) : undefined;

/** When an entry failed, by its id. Else when its message or its run was created. */
export const failedAt = (entry) =>
  momentOfId(entry) ?? moment(entry.createdAt ?? entry.workflowCreatedAt);
