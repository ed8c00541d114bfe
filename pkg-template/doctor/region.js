// The region that requests go to, and the DLQ of the other region.

import { DlqError } from "../errors.js";
import { ok, unknown, warning } from "./check.js";

/** The hosts of each region; this package uses the first one. */
const REGIONS = {
  "eu-central-1": ["qstash.upstash.io", "qstash-eu-central-1.upstash.io"],
  "us-east-1": ["qstash-us-east-1.upstash.io"],
};

const normalized = (name) => `${name ?? ""}`.toLowerCase().replaceAll("_", "-");

const hostOf = (url) => {
  try {
    return new URL(url).host;
  } catch {
    return undefined;
  }
};

const prefixOf = (region) => region.toUpperCase().replaceAll("-", "_");

/** The region of a host: one of its own hosts, or the host that the region's variable names. */
const regionOf = (options, env, host) => {
  const named = normalized(options.region ?? env?.QSTASH_REGION);
  return Object.keys(REGIONS).find(
    (region) =>
      REGIONS[region].includes(host) ||
      (region === named && host === hostOf(env?.[`${prefixOf(region)}_QSTASH_URL`])),
  );
};

/** Which region requests go to. */
export const checkRegion = (options, env, url) => {
  const host = hostOf(url);
  const region = host && regionOf(options, env, host);
  const data = { region, host };
  return region
    ? ok("region", `${region} (${host})`, "its DLQ has the entries of this region only", data)
    : unknown(
        "region",
        `${host ?? "the address"} belongs to no region: a gateway or a local server`,
        "make sure that it forwards to the region of your workflows",
        data,
      );
};

/**
 * Whether the other region has entries as well. Its token comes from the variable with the region's prefix; the
 * client's own token is sent to no other address.
 *
 * @param {(region: string) => import("../index.js").Client} clientOf
 */
export const checkOtherRegion = async (clientOf, region, env, { signal }) => {
  const name = "otherRegion";
  if (region === undefined) {
    return unknown(name, "the region is not known", "check the DLQs of both regions");
  }
  const other = Object.keys(REGIONS).find((one) => one !== region);
  const variable = `${prefixOf(other)}_QSTASH_TOKEN`;
  if (!env?.[variable]) {
    return unknown(
      name,
      `${other} has a DLQ and a token of its own, and ${variable} is not set`,
      `entries from before a change of region may be left there: run the doctor with --region ${other} and its token`,
      { region: other },
    );
  }
  try {
    const drive = { signal, pageSize: 1, maxRequests: 1 };
    let count = 0;
    for await (const { messages } of clientOf(other).dlq.listPages({ all: true }, drive)) {
      count += messages.length;
    }
    const data = { region: other, empty: count === 0 };
    return count === 0
      ? ok(name, `the DLQ of ${other} is empty`, "it has no entries to resume", data)
      : warning(
          name,
          `the DLQ of ${other} has entries`,
          `drives in this region don't resume them: use region "${other}"`,
          data,
        );
  } catch (error) {
    if (!(error instanceof DlqError)) throw error;
    return unknown(name, `${other}: ${error.message}`, `check ${variable}`, { region: other });
  }
};
