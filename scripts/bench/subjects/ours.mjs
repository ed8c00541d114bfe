// Our client, by each of the ways that are compared.

import { Client } from "upstash-workflow-dlq";

const DRIVES = {
  pages: {},
  "pages 8": { concurrency: 8 },
  "batches 8": { strategy: "batches", concurrency: 8 },
};

/** @returns {() => Promise<number>} resumes everything; how many that were */
export function prepare({ subject, url, token }) {
  const client = new Client({ baseUrl: url, token }, {});
  return async () => (await client.dlq.resumeAll({ all: true }, {}, DRIVES[subject])).resumed;
}
