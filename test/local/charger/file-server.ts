import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Asked {
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** A small HTTP server that remembers what it was asked. `answer` is told how often it was asked before. */
export class FileServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  static async listen(
    answer: (response: ServerResponse, before: number, request: IncomingMessage) => void,
  ): Promise<FileServer> {
    const server = createServer();
    const files = new FileServer(server);
    server.on('request', async (request, response) => {
      const { method = '', url: path = '', headers } = request;
      const body = await text(request);
      files.asked.push({ method, path, range: headers.range, authorization: headers.authorization, body });
      answer(response, files.asked.length - 1, request);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return files;
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
