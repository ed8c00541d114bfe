// The time zone of every date on the page: the browser's own, or UTC, as the logs of most services have it.

const KEY = "zone";
/** Fires `change`. */
export const changes = new EventTarget();

const remembered = () => {
  try {
    return localStorage.getItem(KEY) === "UTC";
  } catch {
    // Outside a browser, or where storage is switched off.
    return false;
  }
};
let utc = remembered();

export const isUtc = () => utc;

/** Shows all dates in UTC, or in the browser's zone; remembered in this browser. */
export function setUtc(value) {
  utc = value;
  try {
    if (value) localStorage.setItem(KEY, "UTC");
    else localStorage.removeItem(KEY);
  } catch {
    // It holds for as long as the page is open.
  }
  changes.dispatchEvent(new Event("change"));
}

/** Neither the axis nor the fields of a range have dates from here on. */
const LATEST = Date.UTC(9999, 0);

/** Whether a value is a point in time, in ms, that the page has a date for. */
export const isMoment = (value) => typeof value === "number" && value > 0 && value < LATEST;

/** A formatter of dates for the zone that is shown: `Intl.DateTimeFormat` once for each zone. */
export function formatter(options) {
  const made = new Map();
  return (ms) => {
    if (!isMoment(ms)) return "unknown time";
    if (!made.has(utc)) {
      const timeZone = utc ? { timeZone: "UTC" } : {};
      made.set(utc, new Intl.DateTimeFormat("en-GB", { ...options, ...timeZone }));
    }
    return made.get(utc).format(ms);
  };
}

const named = (options) => {
  const parts = new Intl.DateTimeFormat("en-GB", { ...options, timeZoneName: "short" });
  return (ms) => parts.formatToParts(ms).find(({ type }) => type === "timeZoneName").value;
};
const nameOfLocal = named({});
const nameOfUtc = named({ timeZone: "UTC" });

/** `UTC`, `CET`, `GMT+9`: as it is called at that moment. */
export const zoneName = (ms = Date.now()) => (utc ? nameOfUtc : nameOfLocal)(ms);

/** The zone that is shown: `UTC`, `Europe/Berlin`. */
export const timeZone = () => (utc ? "UTC" : localZone());

/** The browser's zone, whichever is shown. */
export const localZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;
