// Every screen of the account and every state of the set-up panel: axe-core in
// both themes, the frame, no sideways scrolling, large text.
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import {
  enable, heading, menu, password, pick, press, saveRecoveryCodes, savePanel, scanFromScreen, securityTab, signIn, signInByEmail, tickTheBox, typeCode,
} from '../support/steps.mjs';

test('screens: home, profile and turning it on', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await look(page, 'home');
  await menu(page, person);
  await look(page, 'home-menu');
  await page.goto('/account/profile');
  await look(page, 'profile');
  await securityTab(page, person);
  await look(page, 'security-off');
  await tickTheBox(page, true);
  await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
  await look(page, 'setup-email');
  await typeCode(page, '1234');
  await page.getByRole('alert').waitFor();
  await look(page, 'setup-email-error');
  await typeCode(page, await program.mailbox.code(person.email));
  const app = await scanFromScreen(page);
  await look(page, 'setup-app');
  await page.getByText('Using Microsoft Authenticator?').click();
  await page.getByText('Change the name shown in the app').click();
  await page.getByLabel('Name shown in the app').fill('What? & why');
  await press(page, 'Change name');
  await page.getByRole('alert').waitFor();
  await look(page, 'setup-app-name-error');
  await typeCode(page, await app.wrongCode());
  await page.getByRole('alert').waitFor();
  await look(page, 'setup-app-error');
  await pick(page, /^Email only for now/);
  await look(page, 'setup-email-only');
  await pick(page, /^Authenticator app/);
  await typeCode(page, await app.code());
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  await look(page, 'setup-codes');
  await savePanel(page);
  await page.getByRole('alert').waitFor();
  await look(page, 'setup-codes-error');
  await saveRecoveryCodes(page);
  await page.getByText('Two-factor authentication is on.').waitFor();
  await look(page, 'security-just-on');
  await page.goto('/home');
  await look(page, 'home-on');
});

test('screens: changing what is set up', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  await press(page, 'Add another');
  await page.getByRole('heading', { name: 'Add an authenticator app' }).waitFor();
  await look(page, 'add-app');
  await page.locator('#panel').getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing was changed.').waitFor();
  await press(page, 'Get new codes');
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  await look(page, 'new-codes');
  await press(page, 'Cancel');
  await page.getByRole('link', { name: /^Rename/ }).first().click();
  await look(page, 'app-rename');
  await page.getByLabel('Name', { exact: true }).fill('');
  await press(page, 'Save');
  await page.getByRole('alert').waitFor();
  await look(page, 'app-rename-error');
  await page.goto('/account/security');
  await page.getByRole('link', { name: /^Remove/ }).first().click();
  await look(page, 'app-remove');
  await page.goto('/account/security/turn-off');
  await look(page, 'turn-off');
  await press(page, 'Turn off');
  await page.getByText('Two-factor authentication is off for now. Your app is kept.').first().waitFor();
  await look(page, 'security-suspended');
  await tickTheBox(page, true);
  await page.getByRole('heading', { name: 'Turn two-factor authentication on again' }).waitFor();
  await look(page, 'resume');
  await page.getByLabel('6-digit code').fill(await app.wrongCode());
  await savePanel(page);
  await page.getByRole('alert').waitFor();
  await look(page, 'resume-error');
});

test('screens: what an organization requires', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newCarefulPerson();
  const page = await open();
  await signInByEmail(page, person, program.mailbox);
  await page.goto('/account/security');
  await look(page, 'security-required');
  await page.goto('/account/security/turn-off');
  await look(page, 'turn-off-refused');
  await page.goto('/account/security?over=1');
  await look(page, 'security-over');
});

test("screens: confirm it's you", async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, 'Home');
  await page.getByRole('link', { name: /Scorecard/ }).click();
  await heading(page, "Confirm it's you");
  await look(page, 'confirm');
  await page.getByLabel('Password', { exact: true }).fill('not the right password');
  await press(page, 'Continue');
  await page.getByRole('alert').waitFor();
  await look(page, 'confirm-error');
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await press(page, 'Continue');
  await heading(page, "Choose how to verify it's you");
  await look(page, 'confirm-choose');
});
