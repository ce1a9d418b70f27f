// The warning before a session ends by itself. The browser's clock is turned
// forward; the server's is not, so what it decides is seen too.
import assert from 'node:assert/strict';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { answered, heading, press, signIn, signOut } from '../support/steps.mjs';

const warning = (page) => page.getByRole('region', { name: /^You will be signed out in/ });

test('idle: warned, and still signed in by a press', async ({ page: open, program, shot }) => {
  const person = await program.newPerson();
  const page = await open();
  await page.clock.install();
  await signIn(page, person);
  const other = await page.context().newPage();
  await other.goto('/account/profile');
  await page.goto('/account/security');

  await page.clock.runFor('57:00');
  assert.equal(await warning(page).count(), 0, 'three minutes before the end nothing is said');
  await page.clock.runFor('01:02');
  await warning(page).waitFor();
  await page.getByRole('status').filter({ hasText: 'You will be signed out in 2 minutes.' }).waitFor();
  await page.clock.runFor('01:00');
  await warning(page).getByText('You will be signed out in 1 minute.').waitFor();
  await inspector(shot)(page, 'idle');

  await warning(other).waitFor();
  const [asked] = await Promise.all([page.waitForResponse('**/api/session'), page.getByRole('button', { name: 'Stay signed in' }).click()]);
  assert.equal(asked.status(), 200);
  await page.getByRole('status').filter({ hasText: 'You are still signed in.' }).waitFor();
  assert.equal(await warning(page).count(), 0, 'the warning is gone');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the focus is not lost');
  await warning(other).waitFor({ state: 'hidden' });

  // The server knows better: nobody whose session lives is sent out. The second
  // tab goes first: the clock is that of both, so it would come back from the
  // server as well, and its coming back counts as use.
  await other.close();
  await answered(page, () => page.clock.runFor('01:01:00'));
  await heading(page, 'Edit Profile');
});

test('idle: out when it is over, and back after signing in', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await page.clock.install();
  await signIn(page, person);
  await page.goto('/account/profile');
  const other = await page.context().newPage();
  await other.goto('/home');
  await signOut(other, person); // its end, seen from the first tab, as any other
  await page.clock.runFor('58:02');
  await warning(page).waitFor();
  await answered(page, () => page.clock.runFor('02:02'));
  await heading(page, 'Sign in');
  await page.getByText('You were signed out because nothing happened for a while.').waitFor();
  await page.getByLabel('Username or email').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await press(page, 'Sign in');
  await heading(page, 'Edit Profile');
});
