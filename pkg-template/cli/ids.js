// The ids of entries, from arguments and from standard input.

import { UsageError } from "./exit.js";
import { visible } from "./text.js";

const MOST_FAULTS = 5;

/** Byte order marks; text without one is UTF-8. Windows PowerShell writes UTF-16. */
const encodingOf = ([first, second]) => {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return "utf-8";
};

/** A line of `list`: the id, a tab, the date of the failure, and more fields. */
const LISTED = /^(?<id>[^\t]+)\t\d{4}-\d\d-\d\dT[\d:.]+Z\t/;

const fault = (id) => {
  if (id.startsWith("{")) return "is JSON: write one id per line, as list --ids does";
  if (id.includes("\ufffd"))
    return "is not valid text: save the ids as UTF-8, or UTF-16 with a BOM";
  if (/\s/.test(id)) return "contains white space: write one id per line, as list --ids does";
  if (id.includes(","))
    return "contains a comma: write one id per line, or separate ids with spaces";
  if (/\p{Cc}/u.test(id)) return `contains a control character (${visible(id)})`;
  return undefined;
};

const linesOf = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return new TextDecoder(encodingOf(bytes)).decode(bytes).split(/\r\n|\n|\r/);
};

/**
 * Reads ids; `-` stands for the lines of standard input, which may also be the output of `list`.
 *
 * @param {string[]} args
 * @param {NodeJS.ReadableStream} stdin
 * @returns {Promise<{ ids: string[], places: string[] }>} `places`: where each id is, for messages
 * @throws {UsageError} for invalid ids, before anything is sent
 */
export const readIds = async (args, stdin) => {
  const ids = [];
  const places = [];
  const take = (id, place) => {
    ids.push(id);
    places.push(place);
  };
  for (const [at, arg] of args.entries()) {
    if (arg !== "-") take(arg, `id ${at + 1}`);
    else {
      for (const [number, line] of (await linesOf(stdin)).entries()) {
        const id = LISTED.exec(line)?.groups.id ?? line.trim();
        if (id !== "") take(id, `line ${number + 1}`);
      }
    }
  }
  const faults = ids.flatMap((id, at) => {
    const said = fault(id);
    return said ? [`${places[at]} ${said}`] : [];
  });
  if (faults.length > 0) {
    const more = faults.length - MOST_FAULTS;
    throw new UsageError(
      ...faults.slice(0, MOST_FAULTS),
      ...(more > 0 ? [`and ${more} more like these`] : []),
    );
  }
  return { ids, places };
};
