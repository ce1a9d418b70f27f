// What an organization asks of its people, set from the command line.
import assert from 'node:assert/strict';
import { accessible } from '../support/checks.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import {
  chooseMethod, heading, password, press, saveRecoveryCodes, scanFromScreen, securityTab, signIn, signOut, typeCode,
} from '../support/steps.mjs';

test('required: email first, then the offer of an app', async ({ page: open, program, picture }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  assert.ok(await page.getByRole('radio', { name: /^Authenticator Code/ }).isDisabled(), 'no app is set up');
  await page.getByText('not set up. You can add an app under Edit Profile, Security.').waitFor();
  assert.ok(await page.getByRole('radio', { name: /^Email/ }).isChecked(), 'email is chosen already');
  await press(page, 'Continue');
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Add an authenticator app?');
  await picture(page, 'required-offer');
  await press(page, 'Set up an app');
  await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
  const app = await scanFromScreen(page);
  await typeCode(page, await app.code());
  await saveRecoveryCodes(page);
  await page.getByText(/^Two-factor authentication is on\./).waitFor();

  // It cannot be turned off.
  const box = page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' });
  assert.ok((await box.isChecked()) && (await box.isDisabled()), 'the box is ticked and cannot be unticked');
  await page.getByText('Your organization requires this.').waitFor();
  await picture(page, 'required-security');
  await page.goto('/account/security/turn-off');
  await page.getByText('Your organization requires two-factor authentication, so it cannot be turned off.').waitFor();
  await accessible(page);
  await signOut(page, person);
  await signIn(page, person, 'Authenticator Code', () => app.code());
});

test('required: the offer declined is not made again', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin?next=/account/profile');
  await password(page, person);
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Add an authenticator app?');
  await page.getByRole('checkbox', { name: "Don't ask again" }).check();
  await press(page, 'Not now');
  await heading(page, 'Edit Profile');
  await signOut(page, person);
  await password(page, person);
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Home');
});

test('required: apps only leads to the set-up and nowhere else', async ({ page: open, program, picture, shot }) => {
  await program.organization('Lighthouse', '--require-two-factor', '--apps-only');
  const person = await program.newPerson({ organization: 'Lighthouse' });
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await page.getByText('Your organization requires an authenticator app. Set one up to go on.').waitFor();
  await picture(page, 'apps-only');
  await inspector(shot)(page, 'wall');
  await accessible(page);
  await page.goto('/home');
  await heading(page, 'Set up an authenticator app');
  await page.goto('/help');
  await heading(page, 'Help');
  await page.goto('/account/security');
  await press(page, 'Set up an app');
  await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
  const app = await scanFromScreen(page);
  await typeCode(page, await app.code());
  await saveRecoveryCodes(page);
  await page.getByText(/Two-factor authentication is on|The authenticator app was added/).first().waitFor();
  await page.goto('/home');
  await heading(page, 'Home');
  await signOut(page, person);
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  assert.ok(await page.getByRole('radio', { name: /^Email/ }).isDisabled(), 'email is named but not taken');
  await page.getByText('your organization takes codes from an app only.').waitFor();
  await chooseMethod(page, 'Authenticator Code');
  await typeCode(page, await app.code());
  await heading(page, 'Home');
});

test('required: from a date ahead, everybody is told', async ({ page: open, program, shot }) => {
  const ahead = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  await program.organization('Breakwater', '--require-two-factor', '--from', ahead);
  const person = await program.newPerson({ organization: 'Breakwater' });
  const page = await open();
  await signIn(page, person);
  await page.getByText(/Two-factor authentication will be required from/).waitFor();
  await shot(page, 'required-ahead');
  await accessible(page);
  await page.getByRole('link', { name: 'Set it up now.' }).click();
  await heading(page, 'Edit Profile');
  await securityTab(page, person);
});

test('required: sign-in that is paused says why', async ({ page: open, program, shot }) => {
  await program.organization('Drydock', '--locked', '--lock-note', 'We move to the new server until noon.');
  const person = await program.newPerson({ organization: 'Drydock' });
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, 'Sign-in is paused');
  await page.getByText('We move to the new server until noon.').waitFor();
  await shot(page, 'paused');
  await accessible(page);
});

test('required: an app may wait until its date', async ({ page: open, program, shot }) => {
  const ahead = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  await program.organization('Causeway', '--require-two-factor', '--apps-only', '--apps-only-from', ahead);
  const person = await program.newPerson({ organization: 'Causeway' });
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Set up an authenticator app');
  await page.getByText(/^Your organization requires an authenticator app\. You can wait until /).waitFor();
  await inspector(shot)(page, 'offer-due');
  await press(page, 'Not now');
  await heading(page, 'Home');
  await page.getByText(/^An authenticator app will be required from /).waitFor();
  await shot(page, 'app-ahead');
});

test('required: an application asks for an app, and opens after it', async ({ page: open, program, shot }) => {
  await program.organization('Pier', '--help-contact', 'the harbour office');
  const person = await program.newPerson({ organization: 'Pier' });
  await program.run(['app', 'add', 'Vault', 'http://localhost:9/vault', '--org', 'Pier', '--level', '3']);
  const look = inspector(shot);
  const page = await open();
  await signIn(page, person);
  await page.goto('/signin?rd=http%3A%2F%2Flocalhost%3A9%2Fvault');
  await page.getByText('Vault asks for an authenticator app. Set one up to open it.').waitFor();
  await look(page, 'application-asks');
  await page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' }).check();
  await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
  await typeCode(page, await program.mailbox.code(person.email));
  const app = await scanFromScreen(page);
  await typeCode(page, await app.code());
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  await saveRecoveryCodes(page);
  await look(page, 'application-opens');
  const [going] = await Promise.all([
    page.waitForRequest((request) => request.url().includes('/continue')), page.getByRole('link', { name: 'Open Vault' }).click(),
  ]);
  assert.equal(new URL(going.url()).searchParams.get('to'), 'http://localhost:9/vault');
});
