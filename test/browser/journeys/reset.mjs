// A forgotten password: the link by mail, a new password, and the code as
// always.
import assert from 'node:assert/strict';
import { phone, ways } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import {
  arrive, chooseMethod, enable, heading, link, password, press, securityTab, signIn, signOut, typeCode,
} from '../support/steps.mjs';

// linkIn returns the address that a mail is there for.
async function linkIn(program, person, subject) {
  return link(await program.mailbox.next(person.email, subject), '/(?:password/reset|invite)/');
}

// forgot asks for a link from the sign-in page, where the name is typed.
async function forgot(page, name) {
  await page.goto('/signin');
  await page.getByLabel('Username or email').fill(name);
  await press(page, 'Forgot your password?');
  await heading(page, 'Reset your password');
  assert.equal(await page.getByLabel('Username or email').inputValue(), name, 'the name is not typed twice');
  assert.ok(!page.url().includes(encodeURIComponent(name)), 'the name stands in no address');
  await press(page, 'Send Link');
  await page.getByText('If that address has an account, a link is on its way. It works for 30 minutes.').waitFor();
}

async function choose(page, text, again = text) {
  await page.getByLabel('New password', { exact: true }).fill(text);
  await page.getByLabel('Confirm new password').fill(again);
  await press(page, 'Reset Password');
}

for (const [where, how] of ways) {
  test(`forgotten: a new password by mail, and the app's code as always, ${where}`, async ({ page: open, program }) => {
    const person = await program.newPerson();
    const before = await open();
    await signIn(before, person);
    await securityTab(before, person);
    const { app } = await enable(before, person, program.mailbox);

    const page = await open(how);
    await forgot(page, person.email);
    const address = await linkIn(program, person, /Choose a new/);
    await page.goto(address);
    await heading(page, 'Choose a new password');
    assert.ok(page.url().endsWith('/password/reset'), 'the token does not stay in the address');
    await choose(page, 'tall lantern meadow', 'tall lantern meadows');
    await page.getByText('The two passwords do not match.').first().waitFor();
    await choose(page, person.password);
    await page.getByText('You used this password recently. Choose another.').first().waitFor();
    person.password = 'nine tall lanterns in a meadow';
    await choose(page, person.password);
    await heading(page, 'Sign in');
    await page.getByText('Your password was changed and you were signed out everywhere. Sign in with the new one.').waitFor();
    await program.mailbox.next(person.email, /password was changed/);

    await before.goto('/home'); // that browser has to sign in again, too
    await heading(before, 'Sign in');
    await password(page, person);
    await chooseMethod(page, 'Authenticator Code');
    await typeCode(page, await app.code());
    await arrive(page);

    await page.goto(address);
    await heading(page, 'This link no longer works');
    await page.getByRole('link', { name: 'Send a new link' }).click();
    await heading(page, 'Reset your password');
  });
}

test('forgotten: an invitation that is mailed, and asked for again', async ({ page: open, program }) => {
  const person = { email: 'invited-by-mail@example.org', name: 'Robin Invited', password: 'nine tall lanterns in a meadow' };
  await program.run(['user', 'add', person.email, '--first', 'Robin', '--last', 'Invited', '--org', 'Northwind', '--group', 'Operations', '--invite']);
  const first = await linkIn(program, person, /Your account at/);
  const page = await open({ size: phone, touch: true });
  await forgot(page, person.email);
  const address = await linkIn(program, person, /Your account at/);
  await page.goto(first);
  await heading(page, 'This link no longer works');
  await page.goto(address);
  await heading(page, /^Welcome to/);
  await page.getByLabel('New password', { exact: true }).fill(person.password);
  await page.getByLabel('Confirm new password').fill(person.password);
  await press(page, 'Create account');
  await page.getByText('Your password is set. Sign in with it now.').waitFor();
  await password(page, person);
  await arrive(page);
  await signOut(page, person);
});

test('screens: a forgotten password', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/password/forgot');
  await heading(page, 'Reset your password');
  await look(page, 'forgot');
  await press(page, 'Send Link');
  await page.getByText('Enter your username or email').first().waitFor();
  await look(page, 'forgot-error');
  await forgot(page, person.email);
  await look(page, 'forgot-sent');
  await page.goto(await linkIn(program, person, /Choose a new/));
  await heading(page, 'Choose a new password');
  await look(page, 'reset');
  await choose(page, 'short');
  await page.getByRole('alert').waitFor();
  await look(page, 'reset-error');
});
