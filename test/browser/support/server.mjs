// Programs that run beside the journeys: how one is started, found ready, asked
// for something and ended.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const binary = process.env.SALLYPORT ?? fileURLToPath(new URL('../../../bin/sallyport', import.meta.url));

// Server is one `sallyport serve` on loopback.
export class Server {
  #process;
  #lines = [];

  // Options: data, its folder; database, the address of a PostgreSQL; base, the
  // address that people use, where that is not its own; dev, with the mailbox; env, more variables.
  constructor(port, { data, database = '', base = `http://localhost:${port}`, dev = true, env = {} }) {
    this.port = port;
    this.address = `http://127.0.0.1:${port}`;
    this.#process = spawn(binary, [
      'serve', ...(dev ? ['--dev'] : []), '--addr', `127.0.0.1:${port}`, '--base-url', base, '--data', data,
      '--replica', `port-${port}`, '--trusted-proxies', '127.0.0.1',
    ], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SALLYPORT_DATABASE: database, ...env } });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => this.#lines.push(...text.split('\n')));
    }
  }

  // ready waits until it answers.
  async ready() {
    for (const end = Date.now() + 20_000; ; await wait(50)) {
      const answer = await fetch(`${this.address}/readyz`).catch(() => undefined); // not listening yet
      if (answer?.ok) {
        return;
      }
      assert.ok(this.#process.exitCode === null && Date.now() < end, `the server is ready:\n${this.log(20)}`);
    }
  }

  // log returns the last lines it printed.
  log(lines) {
    return this.#lines.slice(-lines).join('\n');
  }

  kill() {
    this.#process.kill('SIGKILL');
  }

  stop() {
    return end(this.#process);
  }
}

// command carries out a command of the program and returns what it prints.
export async function command(args, { data, database = '', input = '' }) {
  const child = promisify(execFile)(binary, [...args, '--data', data], { env: { ...process.env, SALLYPORT_DATABASE: database } });
  child.child.stdin.end(input);
  return (await child).stdout;
}

// end stops a program the way an operator does.
export async function end(child) {
  if (child.exitCode !== null) {
    return;
  }
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 25_000);
  await ended;
  clearTimeout(forced);
}

// freePort asks the kernel for a port that nobody listens on.
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
