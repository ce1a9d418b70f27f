// The real program: a demo of its own on a free port, with a fresh data folder.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Mailbox } from './mailbox.mjs';

const binary = process.env.SALLYPORT ?? fileURLToPath(new URL('../../../bin/sallyport', import.meta.url));

export class Program {
  #process;
  #folder;
  #lines = [];
  #people = 0;

  // start builds a demo in a folder of its own and waits until it is ready.
  static async start() {
    const program = new Program();
    program.#folder = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
    const port = await freePort();
    program.address = `http://localhost:${port}`;
    program.mailbox = new Mailbox(program.address);
    program.#process = spawn(binary, ['demo', '--data', join(program.#folder, 'data'), '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    for (const stream of [program.#process.stdout, program.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => program.#lines.push(...text.split('\n')));
    }
    await program.#ready();
    return program;
  }

  // #ready polls until the program takes requests and has said where Scorecard is.
  async #ready() {
    for (const end = Date.now() + 60_000; ; await wait(100)) {
      const answer = await fetch(`${this.address}/readyz`).catch(() => undefined); // not listening yet
      this.scorecard = /(http:\/\/\S*)/.exec(this.#lines.find((line) => /Scorecard/.test(line) && /http/.test(line)) ?? '')?.[1];
      if (answer?.ok && this.scorecard) {
        return;
      }
      const ended = this.#process.exitCode !== null;
      if (ended || Date.now() > end) {
        await this.stop();
        assert.fail(`the demo ${ended ? 'ended' : 'is not ready after 60 s'}:\n${this.log(40)}`);
      }
    }
  }

  // newPerson makes somebody whose only way in so far is a password, or with
  // twoFactor "email" somebody who is asked for emailed codes too.
  async newPerson({ email, twoFactor = 'off' } = {}) {
    const number = ++this.#people;
    const person = {
      email: email ?? `journey-${number}@example.org`,
      name: `Robin Journey${number}`,
      password: `quiet harbour ${number} lantern`,
    };
    const child = promisify(execFile)(binary, [
      'user', 'add', '--data', join(this.#folder, 'data'), '--email', person.email, '--first', 'Robin', '--last', `Journey${number}`,
      '--two-factor', twoFactor, '--password-stdin',
    ]);
    child.child.stdin.end(`${person.password}\n`);
    await child;
    return person;
  }

  // log returns the last lines the program printed.
  log(lines) {
    return this.#lines.slice(-lines).join('\n');
  }

  async stop() {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => {
        this.#process.once('exit', resolve);
      });
      this.#process.kill('SIGTERM');
      const forced = setTimeout(() => this.#process.kill('SIGKILL'), 25_000);
      await ended;
      clearTimeout(forced);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

// freePort asks the kernel for a port that nobody listens on.
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
