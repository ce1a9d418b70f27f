// The QR code is read off the screen in every theme, size and zoom, and stands
// in a quiet zone of four light modules.
import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import { scan } from '../support/authenticator.mjs';
import { narrow } from '../support/bench.mjs';
import { fitsWidth } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import { securityTab, signIn, tickTheBox, typeCode } from '../support/steps.mjs';

test('qr: read from the screen in every theme, size and zoom', async ({ page: open, program, shot }) => {
  const person = await program.newPerson({ email: `qr+long.address-${Date.now()}@mail.example.org` });
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await tickTheBox(page, true);
  await typeCode(page, await program.mailbox.code(person.email));
  const picture = page.getByRole('img', { name: /^QR code/ });
  await picture.waitFor();

  const file = await page.request.get(await picture.getAttribute('src'));
  assert.equal(file.headers()['content-type'], 'image/png');
  assert.match(file.headers()['cache-control'], /no-store/);
  const uri = await scan(await file.body());
  quietZone(await file.body());

  const state = await page.context().storageState();
  for (const scheme of ['light', 'dark']) {
    for (const size of [{ width: 900, height: 640 }, narrow]) {
      for (const scale of [1, 2, 0.5]) {
        const other = await open({ scheme, size, deviceScaleFactor: scale, storageState: state });
        await other.goto('/account/security');
        const shown = other.getByRole('img', { name: /^QR code/ });
        await shown.scrollIntoViewIfNeeded();
        const box = await shown.boundingBox();
        const where = `${scheme}, ${size.width} px, scale ${scale}`;
        assert.ok(box.width >= 240 && Math.abs(box.width - box.height) < 1, `the picture is ${box.width} px wide (${where})`);
        assert.equal(await scan(await other.screenshot()), uri, where);
        await fitsWidth(other, where);
        if (scale === 1) {
          await shot(other, `qr-${scheme}-${size.width}`);
        }
        await other.close();
      }
    }
  }
  const forced = await open({ forcedColors: 'active', scheme: 'dark', storageState: state });
  await forced.goto('/account/security');
  await forced.getByRole('img', { name: /^QR code/ }).scrollIntoViewIfNeeded();
  assert.equal(await scan(await forced.screenshot()), uri, 'forced colours');
});

// quietZone holds the picture to pure black on pure white with four light
// modules on each side.
function quietZone(png) {
  const { width, height, data } = PNG.sync.read(png);
  const dark = (x, y) => data[4 * (y * width + x)] === 0;
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      assert.ok([0, 255].includes(data[at]) && data[at] === data[at + 1] && data[at] === data[at + 2] && data[at + 3] === 255, 'black or white');
      if (dark(x, y)) {
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
      }
    }
  }
  let run = 0;
  while (dark(left + run, top)) {
    run++;
  }
  const module = run / 7; // the finder pattern in the corner is 7 modules wide
  for (const margin of [left, top, width - 1 - right, height - 1 - bottom]) {
    assert.ok(margin >= 4 * module, `a quiet zone of ${margin / module} modules`);
  }
}
