// The checks of the doctor's report: name, status, what was found, and what follows for a drive.

const line =
  (status) =>
  (name, found, follows, data = {}) => ({ name, status, found, follows, data });

/** The service behaves as a drive expects. */
export const ok = line("ok");
/** A person should read this before a drive. */
export const warning = line("warning");
/** Could not be determined. */
export const unknown = line("unknown");
