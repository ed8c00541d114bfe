// Numbers as people read them.

export const times = (a, b) => `${(a / b).toFixed(a / b < 10 ? 2 : 1)} ×`;

export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${grouped(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export const megabytes = (kb) => `${(kb / 1024).toFixed(0)} MB`;

export const percent = (part) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;

/** With commas, as the documents write them: 10,000. */
export const grouped = (number) => Math.round(number).toLocaleString("en-US");
