// Everything about two-factor authentication on one's own account besides the
// article's way: several apps, off for now, off for good, leaving half-way.
import assert from 'node:assert/strict';
import { test } from '../support/runner.mjs';
import {
  chooseMethod, enable, heading, password, pick, press, saveRecoveryCodes, savePanel, scanFromScreen, securityTab, signIn, signInByEmail, signOut, tickTheBox, typeCode,
} from '../support/steps.mjs';

const boxName = 'Enable Two-Factor Authentication';

test('account: several apps, named, renamed and removed one by one', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  const added = async (name) => {
    await press(page, 'Add another');
    const next = await scanFromScreen(page);
    assert.notEqual(next.secret, app.secret);
    await page.getByLabel('Name for this app (optional)').fill(name);
    await typeCode(page, await next.code());
    await page.getByText('The authenticator app was added.').waitFor();
    return next;
  };
  const tablet = await added('Tablet');
  await added('Old phone');
  await page.getByText('You have the most apps an account can have. Remove one to add another.').waitFor();
  await page.getByRole('link', { name: 'Rename Tablet' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Big tablet');
  await press(page, 'Save');
  await page.getByText('Big tablet', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Remove Old phone' }).click();
  await heading(page, 'Remove Old phone?');
  await press(page, 'Remove app');
  await page.getByText('The authenticator app was removed.').waitFor();
  await program.mailbox.next(person.email, /removed/i);
  await signOut(page, person);
  await signIn(page, person, 'Authenticator Code', () => tablet.code());
});

test('account: a recovery code instead of the phone', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { recoveryCodes } = await enable(page, person, program.mailbox);
  await signOut(page, person);
  await password(page, person);
  await page.getByRole('link', { name: 'Use a recovery code' }).click();
  await heading(page, 'Use a recovery code');
  await page.getByLabel('Recovery code').fill(recoveryCodes[3].toUpperCase().replaceAll('-', ' '));
  await press(page, 'Continue');
  await heading(page, 'You have 9 recovery codes left');
  await program.mailbox.next(person.email, /recovery code/i);
  await page.getByRole('link', { name: 'Continue', exact: true }).click();
  await heading(page, 'Home');

  // The same code again is refused; new ones replace the nine.
  await signOut(page, person);
  await password(page, person);
  await page.getByRole('link', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recoveryCodes[3]);
  await press(page, 'Continue');
  await page.getByText('That recovery code is not right or was already used.').first().waitFor();
  await page.getByLabel('Recovery code').fill(recoveryCodes[4]);
  await press(page, 'Continue');
  await heading(page, 'You have 8 recovery codes left');
  await page.getByRole('link', { name: 'Get new recovery codes' }).click();
  await press(page, 'Get new codes');
  const fresh = await saveRecoveryCodes(page);
  assert.ok(!fresh.some((code) => recoveryCodes.includes(code)), 'all codes are new');
  await page.getByText('Your new recovery codes work now.').waitFor();
});

test('account: off for now, and on again with one code', async ({ page: open, program, shot }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  await page.getByRole('checkbox', { name: boxName }).uncheck();
  await page.locator('#two-factor').getByRole('button', { name: 'Save' }).click();
  await heading(page, 'Turn off two-factor authentication?');
  await press(page, 'Turn off');
  await page.getByText('Two-factor authentication is off for now. Your app is kept.').first().waitFor();
  await shot(page, 'security-suspended');
  await signOut(page, person);
  await signIn(page, person);
  await securityTab(page, person);
  await tickTheBox(page, true);
  await page.getByRole('heading', { name: 'Turn two-factor authentication on again' }).waitFor();
  await typeResume(page, await app.wrongCode());
  await page.getByRole('alert').getByText('That code is not right').waitFor();
  await typeResume(page, await app.code());
  await page.getByText('Two-factor authentication is on again.').waitFor();
  await signOut(page, person);
  await signIn(page, person, 'Authenticator Code', () => app.code());
});

async function typeResume(page, code) {
  await page.getByLabel('6-digit code').fill(code);
  await savePanel(page);
}

test('account: off and everything removed', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await enable(page, person, program.mailbox);
  await page.goto('/account/security/turn-off');
  await pick(page, /^Turn off and remove everything/);
  await press(page, 'Turn off');
  await page.getByText('Your apps, recovery codes and remembered devices were removed.').waitFor();
  await program.mailbox.next(person.email, /off/i);
  await signOut(page, person);
  await signIn(page, person);
});

test('account: email only', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await tickTheBox(page, true);
  await typeCode(page, await program.mailbox.code(person.email));
  await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
  await pick(page, /^Email only for now/);
  await press(page, 'Continue');
  await saveRecoveryCodes(page);
  await page.getByText(/^Two-factor authentication is on/).waitFor();
  await signOut(page, person);
  await signInByEmail(page, person, program.mailbox);
});

test('account: leaving half-way changes nothing, and asks first', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await tickTheBox(page, true);
  await typeCode(page, await program.mailbox.code(person.email));
  const app = await scanFromScreen(page);
  await typeCode(page, await app.code());
  await page.getByRole('checkbox', { name: 'I have saved these codes' }).check();

  const asked = [];
  let stay = true;
  page.on('dialog', async (dialog) => {
    asked.push(dialog.type());
    await (stay ? dialog.dismiss() : dialog.accept());
  });
  await page.getByRole('link', { name: 'Profile', exact: true }).click({ noWaitAfter: true });
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  assert.deepEqual(asked, ['beforeunload'], 'leaving asks, and one can stay');
  stay = false;
  await page.getByRole('link', { name: 'Profile', exact: true }).click();
  await page.waitForURL('**/account/profile');
  await signOut(page, person);
  await signIn(page, person);
});

test('account: a link to choose the first password', async ({ page: open, program }) => {
  const person = await program.newPerson({ invited: true });
  const page = await open();
  await page.goto(person.link);
  await heading(page, /^Welcome to/);
  assert.ok(!page.url().includes(person.link), 'the address no longer holds the secret');
  await page.getByLabel('New password', { exact: true }).fill(person.password);
  await page.getByLabel('Confirm new password').fill(`${person.password}x`);
  await press(page, 'Create account');
  await page.getByText('The two passwords do not match.').first().waitFor();
  await page.getByLabel('New password', { exact: true }).fill(person.password);
  await page.getByLabel('Confirm new password').fill(person.password);
  await press(page, 'Create account');
  await page.getByText('Your password is set. Sign in with it now.').waitFor();
  await signIn(page, person);
  const again = await open();
  await again.goto(person.link);
  await heading(again, 'This link no longer works');
});

test('account: a change after a remembered sign-in wants a full proof first', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  await signOut(page, person);
  await password(page, person);
  await page.getByRole('checkbox', { name: /^Remember this device/ }).check();
  await chooseMethod(page, 'Authenticator Code');
  await typeCode(page, await app.code());
  await heading(page, 'Home');
  await signOut(page, person);
  await signIn(page, person);
  await securityTab(page, person);
  await press(page, 'Get new codes');
  await heading(page, "Confirm it's you");
  await page.getByLabel('Password', { exact: true }).fill('not the right password');
  await press(page, 'Continue');
  await page.getByText('That password is not right.').first().waitFor();
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await press(page, 'Continue');
  await chooseMethod(page, 'Authenticator Code');
  await typeCode(page, await app.code());
  await heading(page, 'Recovery codes');
});
