// Two servers that share one PostgreSQL, and in front of them the plainest proxy
// there is: each request goes to the other one than the request before. So what
// one of them keeps to itself shows as a journey that fails.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import { promisify } from 'node:util';
import { command, freePort, Server } from './server.mjs';

export class Twins {
  servers = [];
  answered = [0, 0]; // requests, of each server
  #options;
  #proxy;
  #drop; // removes the database

  // Options: postgres, the address of a PostgreSQL server; data, a folder.
  constructor(options) {
    this.#options = options;
  }

  // makeDatabase comes first: commands can be run from then on.
  async makeDatabase() {
    const { postgres } = this.#options;
    const name = `sallyport_browser_${randomBytes(6).toString('hex')}`;
    const say = (text) => promisify(execFile)('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-c', text, postgres]);
    await say(`CREATE DATABASE ${name}`);
    this.#drop = () => say(`DROP DATABASE ${name} WITH (FORCE)`);
    const address = new URL(postgres);
    address.pathname = `/${name}`;
    this.database = address.href;
  }

  // run carries out a command on the database of both.
  run(args, input) {
    return command(args, { data: this.#options.data, database: this.database, input });
  }

  // serve starts both behind the proxy, with further options of a server.
  async serve(options) {
    const port = await freePort();
    this.address = `http://localhost:${port}`;
    await this.#listen(port);
    for (let i = 0; i < 2; i++) { // one after the other: the first makes the tables and the key
      const { data } = this.#options;
      const server = new Server(await freePort(), { data, database: this.database, base: this.address, ...options });
      this.servers.push(server);
      await server.ready();
    }
  }

  async #listen(port) {
    const agent = new Agent({ keepAlive: true });
    let turn = 0;
    this.#proxy = createServer((from, to) => {
      const which = turn;
      turn = 1 - turn;
      const { method, url: path, headers } = from;
      const on = request({ agent, host: '127.0.0.1', port: this.servers[which].port, method, path, headers }, (answer) => {
        this.answered[which]++;
        to.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(to);
      });
      on.on('error', () => to.destroy()); // the browser sees the connection break, as it would without a proxy
      to.on('close', () => on.destroy());
      from.pipe(on);
    });
    await new Promise((resolve) => {
      this.#proxy.listen(port, '127.0.0.1', resolve);
    });
  }

  kill() {
    for (const server of this.servers) {
      server.kill();
    }
  }

  async stop() {
    this.#proxy?.closeAllConnections();
    this.#proxy?.close();
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.#drop?.();
  }
}
