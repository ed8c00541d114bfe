// Counts the bytes that a client and the service send each other: everything above TCP, headers
// included.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Stands before the service at `url`. `take()`: what went through since it was last asked. */
export async function countingProxy(url) {
  const { port } = new URL(url);
  const none = { connections: 0, sent: 0, received: 0 };
  const counts = { ...none };
  const sockets = new Set();
  const server = createServer((client) => {
    counts.connections += 1;
    const service = connect(Number(port), "127.0.0.1");
    client.on("data", (bytes) => {
      counts.sent += bytes.length;
    });
    service.on("data", (bytes) => {
      counts.received += bytes.length;
    });
    client.pipe(service).pipe(client);
    for (const socket of [client, service]) {
      socket.setNoDelay();
      sockets.add(socket);
      // A side that is gone takes the other with it.
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        service.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    take() {
      const taken = { ...counts };
      Object.assign(counts, none);
      return taken;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
