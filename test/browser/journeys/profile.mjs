// Who somebody is: names, a picture, and the addresses, changed on a phone and
// on a desk, with and without scripts.
import assert from 'node:assert/strict';
import { desktop, ways } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { chooseMethod, heading, link, menu, password, press, signIn, typeCode } from '../support/steps.mjs';

// A picture and names are not different in each of the four.
const two = ways.filter(([, { scripts, size }]) => scripts === (size === desktop));

// png is a square of one colour.
const png = Buffer.from([
  'iVBORw0KGgoAAAANSUhEUgAAAMgAAADICAIAAAAiOjnJAAABeElEQVR42u3SMQ0AAAgEsReGCGQjCxMMDE2q4HKZLjgXCTAWxsJYYCyMhbHAWBgLY4GxMBbG',
  'AmNhLIwFxsJYGAuMhbEwFhgLY2EsMBbGwlhgLIyFscBYGAtjgbEwFsYCY2EsjAXGwlgYC4yFsTAWGAtjYSwwFsbCWGAsjIWxwFgYC2OBsTAWxgJjYSyMBcbC',
  'WBgLjIWxMBYYC2NhLDAWxsJYYCyMhbHAWBgLY4GxMBbGAmNhLIyFsVTAWBgLY4GxMBbGAmNhLIwFxsJYGAuMhbEwFhgLY2EsMBbGwlhgLIyFscBYGAtjgbEw',
  'FsYCY2EsjAXGwlgYC4yFsTAWGAtjYSwwFsbCWGAsjIWxwFgYC2OBsTAWxgJjYSyMBcbCWBgLjIWxMBYYC2NhLDAWxsJYYCyMhbHAWBgLY4GxMBbGAmNhLIwF',
  'xsJYGAtjqYCxMBbGAmNhLIwFxsJYGAuMhbEwFhgLY2EsMBbGwlhgLIyFscBYGAtjgbH4ZgFhtpEiStduNwAAAABJRU5ErkJggg==',
].join(''), 'base64');

// tab goes to the Profile tab the way people do.
async function tab(page, person) {
  await menu(page, person);
  await page.getByRole('link', { name: 'Edit Profile' }).click();
  await page.getByRole('heading', { name: 'About you' }).waitFor();
}

for (const [where, view] of two) {
  test(`profile: names, a time zone and a picture, ${where}`, async ({ page: open, program, shot }) => {
    const look = inspector(shot);
    const person = await program.newPerson();
    const page = await open(view);
    await signIn(page, person);
    await tab(page, person);
    await page.getByLabel('Title (optional)').fill('Head of Strategy');
    await page.getByLabel('Manager or supervisor (optional)').fill('Bo Novak');
    await page.getByLabel('Phone Number (optional)').fill('call me');
    await page.getByLabel('Time Zone').selectOption({ label: 'Tokyo' });
    await press(page, 'Save');
    await page.getByRole('alert').getByRole('link', { name: /for the phone number/ }).waitFor();
    assert.equal(await page.getByLabel('Title (optional)').inputValue(), 'Head of Strategy');
    if (view.scripts) {
      await look(page, 'profile-problem');
    }
    await page.getByLabel('Phone Number (optional)').fill('+81 3 1234 5678 ext 9');
    await press(page, 'Save');
    await page.getByText('Your profile is saved.').waitFor();
    assert.equal(await page.getByLabel('Time Zone').inputValue(), 'Asia/Tokyo');
    assert.equal(await page.getByLabel('Manager or supervisor (optional)').inputValue(), 'Bo Novak');

    await page.getByLabel('PNG or JPEG picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from('<svg>') });
    await press(page, 'Save picture');
    await page.getByRole('alert').getByRole('link', { name: /not a PNG or JPEG picture/ }).waitFor();
    await page.getByLabel('PNG or JPEG picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.alloc(6 << 20, png) });
    await press(page, 'Save picture');
    await page.getByRole('alert').getByRole('link', { name: 'Choose a picture under 5 MB.' }).waitFor();
    await page.getByLabel('PNG or JPEG picture').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: png });
    await press(page, 'Save picture');
    await page.getByText('Your picture is saved.').waitFor();
    for (const picture of [page.getByRole('img', { name: 'Your picture' }), page.locator('.menu summary img')]) {
      assert.ok(await picture.evaluate((img) => img.complete && img.naturalWidth > 0), 'the picture is shown');
    }
    if (view.scripts) {
      await look(page, 'profile-picture');
    }
    await press(page, 'Remove picture');
    await page.getByText('Your picture is removed.').waitFor();
    assert.equal(await page.locator('.menu summary img').count(), 0);
  });
}

for (const [where, view] of ways) {
  test(`profile: a new email address, and the change taken back, ${where}`, async ({ page: open, program, shot }) => {
    const look = inspector(shot);
    const person = await program.newPerson();
    const page = await open(view);
    await signIn(page, person);
    await tab(page, person);
    const moved = person.email.replace('@', '.new@');
    await page.getByRole('link', { name: 'Change email address' }).click();
    await heading(page, 'Change your email address');
    if (view.scripts && view.size === desktop) {
      await look(page, 'address');
    }
    await page.getByLabel('New email address').fill(moved);
    await press(page, 'Send code');
    await heading(page, 'Confirm the new address');
    if (view.scripts && view.size === desktop) {
      await look(page, 'address-code');
    }
    await page.getByLabel('6-digit code').fill('12');
    await press(page, 'Change email address');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('6-digit code').fill(await program.mailbox.code(moved));
    await press(page, 'Change email address');
    await page.getByText('Your email address is changed.').waitFor();
    await page.locator('.details').getByText(moved).waitFor();
    if (view.scripts && view.size === desktop) {
      await look(page, 'profile-moved');
    }

    const reader = await open(view);
    await reader.goto(link(await program.mailbox.next(person.email, /email address of your .* account was changed/), '/address/undo/'));
    await heading(reader, 'Take back the change of your email address?');
    if (view.scripts && view.size === desktop) {
      await look(reader, 'address-undo');
    }
    await press(reader, 'Take the change back');
    await heading(reader, 'The change was taken back');
    if (view.scripts && view.size === desktop) {
      await look(reader, 'address-undo-done');
    }
    await page.goto('/home');
    await page.getByLabel('Username or email').waitFor();
    await reader.getByRole('link', { name: 'Sign in', exact: true }).click();
    await password(reader, person);
    await chooseMethod(reader, 'Email');
    await typeCode(reader, await program.mailbox.code(person.email));
    await heading(reader, 'Choose a new password to continue');
  });
}

test('profile: a notification email', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await tab(page, person);
  const home = person.email.replace('@', '.home@');
  await page.getByRole('link', { name: 'Add notification email' }).click();
  await heading(page, 'Notification email');
  await look(page, 'notification');
  await page.getByLabel('New email address').fill(home);
  await press(page, 'Send code');
  await page.getByLabel('6-digit code').fill(await program.mailbox.code(home));
  await press(page, 'Save notification email');
  await page.getByText('Security notices now also go').waitFor();
  await page.getByRole('link', { name: 'Remove notification email' }).click();
  await heading(page, 'Remove your notification email?');
  await look(page, 'notification-remove');
  await press(page, 'Remove');
  await page.getByText('Your notification email is removed.').waitFor();
});
