// Choosing a new password: on the tab, and because it is due.
import assert from 'node:assert/strict';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { heading, menu, password, press, signIn, signOut } from '../support/steps.mjs';

const next = 'eleven tall ships sail';

async function passwordTab(page, person) {
  await menu(page, person);
  await page.getByRole('link', { name: 'Edit Profile' }).click();
  await page.getByRole('navigation', { name: 'Edit Profile sections' }).getByRole('link', { name: 'Password' }).click();
  await page.getByLabel('New password', { exact: true }).waitFor();
}

async function type(page, fields) {
  for (const [name, text] of Object.entries(fields)) {
    await page.getByLabel(name, { exact: true }).fill(text);
  }
}

for (const [where, options] of Object.entries({
  'on a desk': {}, 'on a phone': { size: phone, touch: true }, 'without scripts, on a phone': { scripts: false, size: phone, touch: true },
})) {
  test(`passwords: changed on the tab, ${where}`, async ({ page: open, program }) => {
    const person = await program.newPerson();
    const [page, other] = [await open(options), await open()];
    await signIn(other, person);
    await signIn(page, person);
    await passwordTab(page, person);
    await type(page, { 'Current password': 'not my password', 'New password': next, 'Confirm new password': next });
    await press(page, 'Save');
    await page.getByRole('alert').getByText('That is not your current password.').waitFor();
    assert.equal(await page.getByLabel('New password', { exact: true }).inputValue(), '', 'passwords do not come back');
    await type(page, { 'Current password': person.password, 'New password': next, 'Confirm new password': next });
    await press(page, 'Save');
    await page.getByRole('status').getByText('Your password is changed.').waitFor();
    const mail = await program.mailbox.next(person.email, /password was changed/);
    assert.match(mail.text, /If this was you, do nothing\./);
    await other.goto('/home');
    await heading(other, 'Sign in');
    await signOut(page, person);
    await signIn(page, { ...person, password: next });
  });
}

test('passwords: what is typed is judged while it is typed', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await passwordTab(page, person);
  await look(page, 'password');
  const rule = (text) => page.locator('[data-check]', { hasText: text });
  const field = page.getByLabel('New password', { exact: true });
  await field.pressSequentially('short');
  await page.getByText('Strength: very weak').waitFor();
  assert.match(await rule('At least 12 characters').textContent(), /\(not yet\)/);
  await type(page, { 'Current password': person.password });
  await field.fill(person.password);
  assert.match(await rule('Not your current password').textContent(), /\(not yet\)/);
  await field.fill('');
  await field.pressSequentially(next);
  await page.getByText('Strength: strong').waitFor();
  await page.locator('[data-live]', { hasText: 'Strength: strong' }).waitFor({ state: 'attached' });
  await type(page, { 'Confirm new password': next });
  for (const text of ['At least 12 characters', 'Not your current password', 'Both fields are alike']) {
    assert.match(await rule(text).textContent(), /\(done\)/, text);
  }
  await look(page, 'password-typed');
  await type(page, { 'Confirm new password': 'another' });
  await press(page, 'Save');
  await page.getByRole('alert').getByText('The two passwords do not match.').waitFor();
  await look(page, 'password-error');
});

for (const scripts of [true, false]) {
  test(`passwords: one that is due is replaced before anything opens, ${scripts ? 'with' : 'without'} scripts`, async ({ page: open, program, shot }) => {
    const look = inspector(shot);
    const person = await program.newPerson();
    await program.run(['user', 'require-password', person.email]);
    const page = await open({ scripts, size: phone });
    await page.goto('/account/profile');
    await password(page, person);
    await heading(page, 'Choose a new password to continue');
    if (scripts) {
      await look(page, 'password-due');
    }
    await page.goto('/home');
    await heading(page, 'Choose a new password to continue');
    await page.goto('/help');
    await heading(page, 'Help');
    await page.goto('/account/profile');
    await type(page, { 'New password': person.password, 'Confirm new password': person.password });
    await press(page, 'Save and continue');
    await page.getByRole('alert').getByText('You used this password recently. Choose another.').waitFor();
    await type(page, { 'New password': next, 'Confirm new password': next });
    await press(page, 'Save and continue');
    await heading(page, 'Edit Profile');
  });
}
