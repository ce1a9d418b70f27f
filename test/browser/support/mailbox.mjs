// The development mailbox, as the mail program of everybody in a journey. Where
// there are several servers each has its own, and whichever sends a mail has it.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';

export class Mailbox {
  #addresses;
  #read = new Set(); // ids of messages that were handed out

  constructor(...addresses) {
    this.#addresses = addresses;
  }

  // all returns the messages to an address, oldest first.
  async all(to) {
    const boxes = await Promise.all(this.#addresses.map(async (address) => {
      const answer = await fetch(`${address}/dev/mail.json?to=${encodeURIComponent(to)}`);
      assert.equal(answer.status, 200, 'the mailbox answers');
      return (await answer.json()).reverse().map((mail) => ({ ...mail, id: `${address} ${mail.id}` }));
    }));
    return boxes.flat().sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  // next returns the first message to an address that was not read yet and
  // whose subject fits; it waits for it for 15 seconds at most.
  async next(to, subject = /./) {
    for (const end = Date.now() + 15_000; ; await wait(100)) {
      const fresh = (await this.all(to)).find(({ id, subject: s }) => !this.#read.has(id) && subject.test(s));
      if (fresh) {
        this.#read.add(fresh.id);
        return fresh;
      }
      assert.ok(Date.now() < end, `mail to ${to} with a subject like ${subject}`);
    }
  }

  // code returns the code of the next sign-in message to an address.
  async code(to) {
    const mail = await this.next(to, /code/i);
    assert.match(mail.code, /^[0-9]{6}$/, `the code in "${mail.subject}"`);
    return mail.code;
  }

  // unread counts the messages with a code that were not handed out.
  async unread(to) {
    return (await this.all(to)).filter(({ id, code }) => code && !this.#read.has(id)).length;
  }
}
