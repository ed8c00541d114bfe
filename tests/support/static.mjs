// A static server on loopback: files of a folder, and pages made up by a test.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/**
 * @param {string} folder
 * @param {Record<string, { body: string, headers?: Record<string, string> }>} pages path → page
 */
export async function serveFolder(folder, pages) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const type = TYPES[extname(pathname)] ?? "text/html";
    const page = pages[pathname];
    const body =
      page?.body ?? (await readFile(join(folder, normalize(pathname))).catch(() => null));
    response.writeHead(body === null ? 404 : 200, { "content-type": type, ...page?.headers });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
