// A line of the doctor's report.

const line =
  (status) =>
  (name, found, follows, data = {}) => ({ name, status, found, follows, data });

/** What a drive expects. */
export const ok = line("ok");
/** What a person has to know before a drive. */
export const warning = line("warning");
/** What could not be found out, and what a drive does without. */
export const unknown = line("unknown");
