// An authenticator app made of tools of others: zbarimg and jsQR scan, oathtool
// makes the code.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';

const run = promisify(execFile);

// scan reads the QR code in a PNG with two readers and fails when they differ.
// jsQR does not try the inverted picture, so it also proves that dark modules
// stand on light ground with a quiet zone around them.
export async function scan(png) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-qr-'));
  try {
    const file = join(folder, 'qr.png');
    await writeFile(file, png);
    const { stdout } = await run('zbarimg', ['-q', '--raw', file]);
    const { data, width, height } = PNG.sync.read(png);
    const read = jsQR(new Uint8ClampedArray(data), width, height, { inversionAttempts: 'dontInvert' });
    assert.ok(read, 'jsQR reads the picture');
    assert.equal(read.data, stdout.trim(), 'jsQR and zbarimg read the same');
    return read.data;
  } finally {
    await rm(folder, { recursive: true });
  }
}

// Authenticator holds one account, as an app does after scanning.
export class Authenticator {
  #last = 0; // the newest step whose code was handed out

  constructor(secret) {
    this.secret = secret.replaceAll(' ', '');
  }

  // fromURI takes the account from a scanned address, holding it to the one
  // form that every app understands.
  static fromURI(uri) {
    const form = /^otpauth:\/\/totp\/([^:?]+):([^:?]+)\?secret=([A-Z2-7]{32})&issuer=([^&]+)&algorithm=SHA1&digits=6&period=30$/;
    const match = form.exec(uri);
    assert.ok(match, `${uri} has the form of the design`);
    assert.equal(match[1], match[4], 'the issuer stands twice, the same');
    assert.ok(!/[+@]/.test(match[2]), 'plus and at are encoded');
    const app = new Authenticator(match[3]);
    app.account = decodeURIComponent(match[2]);
    app.issuer = decodeURIComponent(match[1]);
    return app;
  }

  // code returns a code that was not handed out yet and that is good now: of
  // the step before, this one or the next. It waits for a fresh step only when
  // all three are spent.
  async code() {
    for (;;) {
      const now = Math.floor(Date.now() / 30_000);
      const step = Math.max(this.#last + 1, now - (Date.now() % 30_000 > 25_000 ? 0 : 1));
      if (step <= now + 1) {
        this.#last = step;
        return this.at(step);
      }
      await wait(30_000 - (Date.now() % 30_000) + 50); // the phone shows the next code then
    }
  }

  // lastCode returns the code handed out last, for a second use of it.
  lastCode() {
    return this.at(this.#last);
  }

  // at asks oathtool for the code of a 30-second step.
  async at(step) {
    const { stdout } = await run('oathtool', ['--totp', '-b', '-N', `@${step * 30}`, this.secret]);
    return stdout.trim();
  }

  // wrongCode returns six digits that are no code of any step near now.
  async wrongCode() {
    const now = Math.floor(Date.now() / 30_000);
    const near = await Promise.all([-3, -2, -1, 0, 1, 2, 3].map((d) => this.at(now + d)));
    for (let n = 123456; ; n++) {
      if (!near.includes(String(n))) {
        return String(n);
      }
    }
  }
}
