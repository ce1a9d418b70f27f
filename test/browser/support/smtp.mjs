// A mail server of a journey's own, in clear on loopback: it takes everything.
import { createServer } from 'node:net';

export class MailServer {
  #server;
  #sockets = new Set();
  letters = []; // as they came

  // start listens on one of the ports that pages take.
  static async start() {
    const mail = new MailServer();
    mail.#server = createServer((socket) => mail.#talk(socket));
    for (mail.port of [2525, 2587, 2465]) {
      const listens = new Promise((resolve, reject) => {
        mail.#server.once('listening', resolve).once('error', reject);
      });
      mail.#server.listen(mail.port, '127.0.0.1');
      if (await listens.then(() => true, () => false)) { // else another program has it
        return mail;
      }
    }
    throw new Error('no port of a mail server is free');
  }

  #talk(socket) {
    this.#sockets.add(socket);
    const say = (line) => socket.write(`${line}\r\n`);
    let rest = '';
    let letter; // the lines of the one that is coming
    const hear = (line) => {
      if (letter && line === '.') {
        this.letters.push(letter.join('\n'));
        letter = undefined;
        say('250 2.0.0 taken');
      } else if (letter) {
        letter.push(line);
      } else if (/^DATA/i.test(line)) {
        letter = [];
        say('354 go on');
      } else if (/^QUIT/i.test(line)) {
        say('221 2.0.0 bye');
        socket.end();
      } else {
        say(/^EHLO/i.test(line) ? '250 mail.example' : '250 2.0.0 fine');
      }
    };
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop();
      lines.forEach(hear);
    });
    socket.on('error', () => socket.destroy()); // whoever hangs up has no more to say
    socket.on('close', () => this.#sockets.delete(socket));
    say('220 mail.example ESMTP');
  }

  stop() {
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }
}
