// A Worker that drives what it is told to.

import { Client } from "upstash-workflow-dlq";
import { driveToEnd, RETRY } from "../../support/scenario.mjs";

export default {
  async fetch(request) {
    const { baseUrl, token, selection, given } = await request.json();
    const client = new Client({ baseUrl, token, retry: RETRY }, {});
    return driveToEnd(client, selection, given).then(
      (driven) => Response.json(driven),
      (error) => Response.json({ error: `${error.stack}` }),
    );
  },
};
