// Makes codes that nobody of this project wrote: for 1,000 random secrets and
// times, the code of npm otplib, checked against the code of oathtool. Writes
// lines "base32 secret, unix seconds, code" to the file named as argument; the
// Go tests compare their own code with them (SALLYPORT_TEST_CODES).
import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { generateSync } from 'otplib';

const run = promisify(execFile);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

// base32 without padding (RFC 4648 §6), so that no reader's own encoder is trusted.
function base32(bytes) {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) {
      text += alphabet[(value >>> (bits - 5)) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

// Times from 1970 to 2106, most of them near step borders, where an error of one shows.
function time(i) {
  const step = randomInt(0, Math.floor(2 ** 32 / 30));
  return step * 30 + [0, 29, 15, randomInt(0, 30)][i % 4];
}

async function line(_, i) {
  const secret = base32(randomBytes(20));
  const at = time(i);
  const code = generateSync({ secret, epoch: at });
  const { stdout } = await run('oathtool', ['--totp', '-b', '-N', `@${at}`, secret]);
  if (stdout.trim() !== code) {
    throw new Error(`otplib says ${code}, oathtool says ${stdout.trim()} for ${secret} at ${at}`);
  }
  return `${secret}\t${at}\t${code}`;
}

const lines = [];
for (let done = 0; done < 1000; done += 50) {
  lines.push(...(await Promise.all(Array.from({ length: 50 }, (_, i) => line(_, done + i)))));
}
writeFileSync(process.argv[2], lines.join('\n') + '\n');
console.log(`otplib and oathtool agree on ${lines.length} codes`);
