// A server in front of another one: what both of them here share.

import { createServer } from "node:http";
import { once } from "node:events";

/** An answer of our own making. */
export function made(status, value, headers = {}) {
  const bytes = Buffer.from(JSON.stringify(value));
  return { status, headers: { ...headers, "content-type": "application/json; charset=utf-8" }, bytes };
}

export function json(bytes) {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

export async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

export async function listen(handler) {
  const server = createServer((request, response) => {
    handler(request, response).catch((error) => {
      console.error(error);
      request.socket.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
