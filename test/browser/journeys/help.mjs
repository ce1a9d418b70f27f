// How administrators help a person: the lost phone, and an exemption that ends.
import assert from 'node:assert/strict';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import {
  answered, arrive, chooseMethod, enable, heading, password, pick, press, saveRecoveryCodes, scanFromScreen, securityTab, signIn, signInByEmail,
  signOut, typeCode,
} from '../support/steps.mjs';

test('help: the lost phone', async ({ page: open, program, shot, picture }) => {
  await program.organization('Sandbank', '--help-contact', 'the harbour office');
  const [keeper, other] = [await program.newAdministrator('Sandbank'), await program.newAdministrator('Sandbank')];
  const person = await program.newPerson({ organization: 'Sandbank' });
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await enable(page, person, program.mailbox);
  await signOut(page, person);

  // The phone is gone: nobody can type its code, and the page names whom to ask.
  await password(page, person);
  await chooseMethod(page, 'Authenticator Code');
  await heading(page, 'Enter your authenticator code');
  await page.goto('/signin/help');
  await page.getByText('the harbour office').first().waitFor();

  const admin = await open();
  await signIn(admin, keeper);
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await program.run(['user', 'exempt', person.email, '--until', day, '--reason', 'a way to the page']);
  await admin.goto('/admin/exemptions');
  const exempt = await admin.getByRole('link', { name: `Change ${person.name}` }).getAttribute('href');
  await admin.goto(exempt.replace(/exempt$/, 'reset-two-factor'));
  await heading(admin, `Reset two-factor authentication for ${person.name}?`);
  await admin.getByText('1 authenticator app').waitFor();
  const look = inspector(shot);
  await look(admin, 'reset-other');
  await picture(admin, 'reset-other');
  await press(admin, 'Reset two-factor authentication');
  await admin.getByRole('alert').getByText('Choose how you checked that it is them.').waitFor();
  await look(admin, 'reset-other-problem');
  await pick(admin, /^By phone/);
  await admin.getByLabel('Note', { exact: true }).fill('called back on the number we know');
  await press(admin, 'Reset two-factor authentication');
  await admin.getByText('Two-factor authentication was reset. The next sign-in starts with a code by email.').waitFor();
  const told = await program.mailbox.next(other.email, /^Two-factor authentication was reset for somebody/);
  assert.match(told.text, new RegExp(`Account: ${person.email}`));

  // Email first, and a new app.
  await page.goto('/signin');
  await password(page, person);
  await page.getByText(/not set up/).first().waitFor();
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await arrive(page);
  await securityTab(page, person);
  await answered(page, () => page.locator('#apps-add').click());
  await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
  const app = await scanFromScreen(page);
  await typeCode(page, await app.code());
  await saveRecoveryCodes(page);
  await signOut(page, person);
  await signIn(page, person, 'Authenticator Code', () => app.code());
});

test('help: an exemption begins and is ended', async ({ page: open, program, shot, picture }) => {
  await program.organization('Headland', '--require-two-factor');
  const keeper = await program.newAdministrator('Headland');
  const person = await program.newPerson({ organization: 'Headland' });
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  await program.run(['user', 'exempt', person.email, '--until', day, '--reason', 'waits for a phone']);

  const admin = await open({ size: phone, touch: true });
  await signInByEmail(admin, keeper, program.mailbox);
  await admin.goto('/admin/exemptions');
  await heading(admin, 'Exemptions');
  await admin.getByText('waits for a phone').waitFor();
  const look = inspector(shot);
  await look(admin, 'exemptions');
  await picture(admin, 'exemptions');

  const page = await open();
  await signIn(page, person); // the password alone is enough
  await page.goto('/account/security');
  await page.getByText(/^An administrator has exempted you until /).first().waitFor();

  await admin.getByRole('link', { name: `Change ${person.name}` }).click();
  await heading(admin, `Exempt ${person.name} from two-factor authentication`);
  await look(admin, 'exempt');
  await admin.getByLabel('Reason').fill('still waits');
  await admin.getByLabel('Last day').fill('2020-01-31');
  await press(admin, 'Exempt');
  await admin.getByRole('alert').getByText('Choose today or a later day.').waitFor();
  await look(admin, 'exempt-problem');
  await press(admin, 'End the exemption now');
  await admin.getByText('The exemption was ended.').waitFor();

  await page.goto('/account/profile'); // the open session is asked at its next request
  await heading(page, "Confirm it's you");
  await signOutAndAsk(page, person);
});

// signOutAndAsk signs in anew: now the second step is asked for.
async function signOutAndAsk(page, person) {
  await page.context().clearCookies();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
}

test('help: too many wrong passwords, and a wait that is ended', async ({ page: open, program, shot }) => {
  await program.organization('Fairlead');
  const keeper = await program.newAdministrator('Fairlead');
  const person = await program.newPerson({ organization: 'Fairlead' });
  const page = await open();
  await page.goto('/signin');
  for (let i = 0; i < 5; i++) {
    await password(page, { ...person, password: 'not the right one' });
    await page.getByRole('alert').getByText(/do not match an account/).waitFor();
  }
  await password(page, person);
  await page.getByRole('alert').getByText(/^Too many tries\./).waitFor();

  const admin = await open();
  await signIn(admin, keeper);
  await admin.goto('/admin/users');
  await admin.getByLabel('Status', { exact: true }).selectOption('Waiting after wrong passwords');
  await press(admin, 'Search');
  await admin.getByText('1 of 2 people').waitFor();
  const look = inspector(shot);
  await look(admin, 'users-waiting');
  await answered(admin, () => admin.getByRole('link', { name: person.name, exact: true }).click());
  await admin.goto((await admin.getByRole('link', { name: 'Security', exact: true }).last().getAttribute('href')));
  await admin.getByText(/^No password can be tried from the network/).waitFor();
  await look(admin, 'user-waiting');
  await answered(admin, () => admin.getByRole('link', { name: 'Let them try again now' }).click());
  await heading(admin, `Let ${person.name} try a password again?`);
  await look(admin, 'let-try');
  await press(admin, 'Let them try');
  await admin.getByText('The wait was ended. The person can sign in now.').waitFor();

  await page.goto('/signin');
  await signIn(page, person);
});
