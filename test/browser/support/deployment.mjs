// What a journey asks of whatever it runs against: organizations and people of
// its own, made by the operator's commands.
import assert from 'node:assert/strict';

export class Deployment {
  #people = 0;
  #organizations = new Set();
  #careful; // the organization of all careful people

  // A deployment has an address, a mailbox, and run(args, input), which carries
  // out a command of the program on it and returns what that prints.

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

  // only makes the one organization of a server, with settings of "org set", and
  // its administrator, whom it returns.
  async only(name, settings, run) {
    const keeper = { email: 'keeper@example.org', name: 'Kim Keeper', password: 'quiet harbour own lantern' };
    await run([
      'admin', 'create', '--email', keeper.email, '--first', 'Kim', '--last', 'Keeper', '--org', name, '--password-stdin',
    ], `${keeper.password}\n`);
    if (settings.length > 0) {
      await run(['org', 'set', '--org', name, ...settings]);
    }
    return keeper;
  }
}
