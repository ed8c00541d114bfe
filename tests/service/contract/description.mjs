// What is known of the service's endpoints (openapi.yaml), and requests held against it by a validator that knows
// nothing of our client.

import { OpenAPIBackend } from "openapi-backend";
import { path } from "../../../scripts/lib/run.mjs";

export const FILE = path("tests/service/contract/openapi.yaml");

/** The operations that our client has a use for: the others are the SDK's and curl's. */
export const OURS = [
  "list",
  "listAsSdk",
  "get",
  "resumeMany",
  "restartMany",
  "deleteMany",
  "retryFailureFunction",
  "cancelFailureFunction",
  "logs",
  "logsAsSdk",
];

/** The fault of a request without a token. */
export const NOBODY = "no token";

// Quick: without a look at the document itself, which it takes for one of OpenAPI 3.0.
const api = new OpenAPIBackend({ definition: FILE, quick: true });
await api.init();
const headersOf = new Map(
  api.router.getOperations().map(({ operationId, parameters = [] }) => {
    const names = parameters.filter(({ in: where }) => where === "header");
    return [operationId, new Set(names.map(({ name }) => name.toLowerCase()))];
  }),
);

/** Repeated names become lists; the validator's own parser stops at twenty values. */
function parse(query) {
  const values = {};
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = name in values ? [values[name], value].flat() : value;
  }
  return values;
}

/**
 * A request against the description.
 *
 * @param {{ method: string, target: string, headers: Record<string, string>, bodyBytes?: number }} request
 *   `target`: path and query
 * @returns {{ operation?: string, faults: string[] }}
 */
export function check({ method, target, headers, bodyBytes = 0 }) {
  const mark = target.includes("?") ? target.indexOf("?") : target.length;
  const pathname = target.slice(0, mark);
  const query = parse(target.slice(mark + 1));
  const request = { method, path: pathname, headers, query };
  // The validator takes `/dlq/` for `/dlq`: there it would be one entry, and is all of them.
  const found = /\/$|\/\//.test(pathname) ? undefined : api.router.matchOperation(request);
  if (!found) return { faults: [`no such operation: ${method} ${pathname}`] };

  const operation = found.operationId;
  const faults = [];
  const keys = ["authorization" in headers, "qstash_token" in query].filter(Boolean).length;
  if (keys === 0) faults.push(NOBODY);
  if (keys > 1) faults.push("a token twice");
  delete query.qstash_token;
  const { errors } = api.validator.validateRequest(request, found);
  for (const { instancePath, message, params } of errors ?? []) {
    faults.push(`${instancePath} ${message} ${JSON.stringify(params)}`);
  }
  // Headers may be anything to the validator; those of the service's own kind may not.
  for (const name of Object.keys(headers)) {
    const known = headersOf.get(operation).has(name) || name.startsWith("upstash-telemetry-");
    if (name.startsWith("upstash-") && !known) faults.push(`unknown header ${name}`);
  }
  if (bodyBytes > 0) faults.push(`a body of ${bodyBytes} bytes`);
  return { operation, faults };
}
