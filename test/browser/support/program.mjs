// The real program: a demo of its own on a free port, with a fresh data folder.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
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
  #others = []; // servers besides the demo
  #folder;
  #lines = [];
  #people = 0;
  #organizations = new Set();
  #careful; // the organization of all careful people

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

  // run carries out a command of the program on the demo's data and returns
  // what it prints.
  run(args, input = '') {
    return this.#carryOut(join(this.#folder, 'demo', 'sallyport'), args, input);
  }

  async #carryOut(data, args, input) {
    const child = promisify(execFile)(binary, [...args, '--data', data]);
    child.child.stdin.end(input);
    return (await child).stdout;
  }

  // organization makes an organization with settings of "org set", so that a policy
  // binds nobody but the journey that wants it. A name is one journey's: another
  // with the same would live under the settings of whichever came first.
  async organization(name, ...settings) {
    assert.ok(!this.#organizations.has(name), `the organization ${name} is another journey's`);
    this.#organizations.add(name);
    await this.run(['org', 'create', name]);
    if (settings.length > 0) {
      await this.run(['org', 'set', '--org', name, ...settings]);
    }
  }

  // newPerson makes somebody whose only way in so far is a password. Without
  // one they get a link to choose it.
  async newPerson({ organization = 'Northwind', group = 'Operations', first = 'Robin', last, email, invited = false } = {}) {
    const number = ++this.#people;
    last ??= `Journey${number}`;
    const person = {
      email: email ?? `journey-${number}@example.org`,
      name: `${first} ${last}`,
      password: `quiet meadow ${number} lantern`,
    };
    const said = await this.run([
      'user', 'add', person.email, '--first', first, '--last', last, '--org', organization, '--group', group,
      ...(invited ? [] : ['--password-stdin']),
    ], `${person.password}\n`);
    person.link = /\/invite\/\S+/.exec(said)?.[0];
    return person;
  }

  // newCarefulPerson is somebody whose organization requires a second step:
  // after the password comes an emailed code.
  async newCarefulPerson() {
    this.#careful ??= this.organization('Harbour', '--require-two-factor');
    await this.#careful;
    return this.newPerson({ organization: 'Harbour' });
  }

  // newAdministrator makes one who signs in with a password alone.
  async newAdministrator(organization) {
    const number = ++this.#people;
    const person = { email: `keeper-${number}@example.org`, name: `Kim Keeper${number}`, password: `quiet harbour ${number} lantern` };
    await this.run([
      'admin', 'create', '--email', person.email, '--first', 'Kim', '--last', `Keeper${number}`, '--org', organization, '--password-stdin',
    ], `${person.password}\n`);
    return person;
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
  // sees what is the deployment's there; it returns both.
  async ownServer() {
    const data = join(this.#folder, 'own');
    const keeper = { email: 'keeper@example.org', name: 'Kim Keeper', password: 'quiet harbour own lantern' };
    await this.#carryOut(data, [
      'admin', 'create', '--email', keeper.email, '--first', 'Kim', '--last', 'Keeper', '--org', 'Own', '--password-stdin',
    ], `${keeper.password}\n`);
    return { keeper, address: await this.#serve(data) };
  }

  async #serve(data) {
    const port = await freePort();
    const address = `http://localhost:${port}`;
    const server = spawn(binary, ['serve', '--dev', '--addr', `127.0.0.1:${port}`, '--base-url', address, '--data', data], {
      stdio: 'ignore',
    });
    this.#others.push(server);
    for (const end = Date.now() + 20_000; ; await wait(50)) {
      const answer = await fetch(`${address}/readyz`).catch(() => undefined); // not listening yet
      if (answer?.ok) {
        return address;
      }
      assert.ok(server.exitCode === null && Date.now() < end, 'the server is ready');
    }
  }

  // log returns the last lines the program printed.
  log(lines) {
    return this.#lines.slice(-lines).join('\n');
  }

  #abandon() {
    for (const child of [this.#process, ...this.#others]) {
      child.kill('SIGKILL');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async stop() {
    await Promise.all([this.#process, ...this.#others].map(end));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

// end stops a program the way an operator does.
async function end(child) {
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
