// What stands in for the demo where a journey is to go through two processes:
// every request of a browser goes to the other one than the request before.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment } from './deployment.mjs';
import { Mailbox } from './mailbox.mjs';
import { Twins } from './twins.mjs';

export class Pair extends Deployment {
  #folder;
  #postgres;
  #twins = []; // those of the deployment first

  // start makes a database on a PostgreSQL server and two servers on it.
  static async start(postgres) {
    const pair = new Pair();
    pair.#folder = await mkdtemp(join(tmpdir(), 'sallyport-pair-'));
    pair.#postgres = postgres;
    process.once('exit', () => pair.#abandon()); // a run that is broken off leaves nothing behind
    const twins = await pair.#make('pair');
    await twins.serve();
    pair.address = twins.address;
    pair.mailbox = new Mailbox(...twins.servers.map(({ address }) => address));
    pair.run = (args, input) => twins.run(args, input);
    await pair.run(['org', 'create', 'Northwind']); // as the demo has it
    return pair;
  }

  async #make(name) {
    const twins = new Twins({ postgres: this.#postgres, data: join(this.#folder, name) });
    this.#twins.push(twins);
    await twins.makeDatabase();
    return twins;
  }

  // ownServer is two more with an organization alone, as Program has it.
  async ownServer(name, { settings = [], dev = true } = {}) {
    const twins = await this.#make(name);
    const run = (args, input) => twins.run(args, input);
    const keeper = await this.only(name, settings, run);
    await twins.serve({ dev });
    return { keeper, run, address: twins.address };
  }

  // log returns the last lines each of them printed.
  log(lines) {
    return this.#twins.flatMap(({ servers }) => servers.map((server) => server.log(lines))).join('\n');
  }

  // shared says how many requests each answered, and fails where one had none.
  shared() {
    const [one, two] = this.#twins[0].answered;
    assert.ok(one > 0 && two > 0, `both servers answered requests: ${one} and ${two}`);
    return `two servers on one PostgreSQL answered ${one} and ${two} requests`;
  }

  #abandon() {
    for (const twins of this.#twins) {
      twins.kill();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async stop() {
    await Promise.all(this.#twins.map((twins) => twins.stop()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
