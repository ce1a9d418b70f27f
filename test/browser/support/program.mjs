// The real program: a demo of its own on a free port, with a fresh data folder.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Deployment } from './deployment.mjs';
import { Mailbox } from './mailbox.mjs';
import { binary, command, end, freePort, Server } from './server.mjs';

export class Program extends Deployment {
  #process;
  #others = []; // servers besides the demo
  #folder;
  #lines = [];

  // start builds a demo in a folder of its own and waits until it is ready.
  static async start() {
    const program = new Program();
    program.#folder = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
    program.#process = spawn(binary, ['demo', '--dir', join(program.#folder, 'demo'), '--port', String(await freePort())], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => program.#abandon()); // a run that is broken off leaves nothing behind
    for (const stream of [program.#process.stdout, program.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => program.#lines.push(...text.split('\n')));
    }
    await program.#ready();
    program.mailbox = new Mailbox(program.address);
    return program;
  }

  // #ready waits until the program has said where it listens.
  async #ready() {
    for (const end = Date.now() + 60_000; ; await wait(50)) {
      const said = this.#lines.join('\n');
      this.address = /^ *Sallyport +(http:\S+)/m.exec(said)?.[1];
      this.scorecard = /^ *Scorecard +(http:\S+)/m.exec(said)?.[1];
      if (this.address && this.scorecard) {
        return;
      }
      const ended = this.#process.exitCode !== null;
      if (ended || Date.now() > end) {
        await this.stop();
        assert.fail(`the demo ${ended ? 'ended' : 'is not ready after 60 s'}:\n${this.log(40)}`);
      }
    }
  }

  // run carries out a command on the demo's data.
  run(args, input) {
    return command(args, { data: join(this.#folder, 'demo', 'sallyport'), input });
  }

  // member returns one of the demo's own people, with the password that stands
  // in people.txt.
  async member(username) {
    const list = await readFile(join(this.#folder, 'demo', 'people.txt'), 'utf8');
    const [, password, name] = new RegExp(`^${username} +(\\S+) +([^:]+):`, 'm').exec(list);
    return { username, email: `${username}@northwind.example`, name, password };
  }

  // emptyServer starts a server on which nobody has an account, and returns its address.
  emptyServer() {
    return this.#serve(join(this.#folder, 'empty'));
  }

  // ownServer starts a server with one organization and its administrator, who
  // sees what is the deployment's there; it returns both. Options: settings of
  // "org set"; dev, whether mail stays in a mailbox; env, what its configuration has.
  // With run commands are carried out on its data.
  async ownServer(name, { settings = [], dev = true, env = {} } = {}) {
    const data = join(this.#folder, name);
    const run = (args, input) => command(args, { data, input });
    const keeper = await this.only(name, settings, run);
    return { keeper, run, address: await this.#serve(data, dev, env) };
  }

  async #serve(data, dev = true, env = {}) {
    const port = await freePort();
    const server = new Server(port, { data, dev, env });
    this.#others.push(server);
    await server.ready();
    return `http://localhost:${port}`;
  }

  // log returns the last lines the program printed.
  log(lines) {
    return this.#lines.slice(-lines).join('\n');
  }

  #abandon() {
    this.#process.kill('SIGKILL');
    for (const server of this.#others) {
      server.kill();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async stop() {
    await Promise.all([end(this.#process), ...this.#others.map((server) => server.stop())]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
