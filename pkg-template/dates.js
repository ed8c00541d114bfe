// The dates of listed entries. They come from the service: each may be missing or of another type.

/** The maximum of a `Date`. */
const LATEST_MS = 8.64e15;

/** `value` in milliseconds since 1970, if it is a valid date. */
export const moment = (value) =>
  Number.isInteger(value) && value > 0 && value <= LATEST_MS ? value : undefined;

/** The time of the failure, with which an id of the service starts. */
export const momentOfId = ({ dlqId }) =>
  typeof dlqId === "string" ? moment(Number(/^(\d{13})-\d+$/.exec(dlqId)?.[1])) : undefined;

/** When an entry failed, by its id; else when its message or its run was created. */
export const failedAt = (entry) =>
  momentOfId(entry) ?? moment(entry.createdAt ?? entry.workflowCreatedAt);
