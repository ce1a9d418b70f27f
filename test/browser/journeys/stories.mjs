// What happens to a real account in a year, handled by its owner: a new phone, a
// lost one, a lost laptop, and a mail that says somebody knows the password; on a
// phone and on a desk, with scripts and without. A forgotten password is in
// reset.mjs, a new email address in profile.mjs.
import assert from 'node:assert/strict';
import { desktop, ways } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import {
  arrive, chooseMethod, enable, heading, link, menu, password, pick, press, scanFromScreen, securityTab, signIn, signInByEmail, signOut, typeCode,
} from '../support/steps.mjs';

// story registers one journey for every kind of browser. Its body gets look,
// which examines a screen once, where scripts run.
function story(name, body) {
  for (const [where, how] of ways) {
    test(`${name}, ${where}`, (bench) => {
      const inspect = inspector(bench.shot);
      const look = async (page, screen) => {
        if (how.scripts && how.size === desktop) {
          await inspect(page, screen);
        }
      };
      return body({ ...bench, open: () => bench.page(how), look, scripts: how.scripts });
    });
  }
}

const chosen = 'lantern over 7 quiet meadows';

async function choosePassword(page, button) {
  await page.getByLabel('New password', { exact: true }).fill(chosen);
  await page.getByLabel('Confirm new password').fill(chosen);
  await press(page, button);
}

story('story: a new phone beside the old one', async ({ open, program, scripts }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox, scripts);
  await press(page, 'Add another');
  const next = await scanFromScreen(page);
  await page.getByLabel('Name for this app (optional)').fill('New phone');
  await typeCode(page, await next.code());
  await page.getByText('The authenticator app was added.').waitFor();
  await page.getByRole('link', { name: 'Remove Authenticator app' }).click();
  await heading(page, 'Remove Authenticator app?');
  await press(page, 'Remove app');
  await page.getByText('The authenticator app was removed.').waitFor();
  await signOut(page, person);
  await page.goto('/signin');
  await password(page, person);
  await chooseMethod(page, 'Authenticator Code');
  await typeCode(page, await app.code());
  await page.getByRole('alert').getByText('That code is not right').waitFor();
  await typeCode(page, await next.code());
  await arrive(page);
});

story('story: a lost phone', async ({ open, program, look, scripts }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { recoveryCodes } = await enable(page, person, program.mailbox, scripts);
  await signOut(page, person);
  await password(page, person);
  await page.getByRole('link', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recoveryCodes[0]);
  await press(page, 'Continue');
  await heading(page, 'You have 9 recovery codes left');
  await page.getByRole('link', { name: 'Set up a new authenticator' }).click();
  await press(page, 'Add another');
  const next = await scanFromScreen(page);
  await page.getByLabel('Name for this app (optional)').fill('New phone');
  await typeCode(page, await next.code());
  await page.getByText('The authenticator app was added.').waitFor();
  await page.getByRole('link', { name: 'Remove Authenticator app' }).click();
  await press(page, 'Remove app');
  await page.getByText('The authenticator app was removed.').waitFor();
  await page.goto('/account/security/recovery-codes');
  await page.getByText('9 of 10 left').waitFor();
  await look(page, 'recovery-codes-page');
  await signOut(page, person);
  await signIn(page, person, 'Authenticator Code', () => next.code());
});

story('story: a lost laptop', async ({ open, program, look }) => {
  const person = await program.newCarefulPerson();
  const laptop = await open();
  await laptop.goto('/signin');
  await password(laptop, person);
  await heading(laptop, "Choose how to verify it's you");
  await pick(laptop, /^Email/);
  await laptop.getByRole('checkbox', { name: /^Remember this device/ }).check();
  await press(laptop, 'Continue');
  await typeCode(laptop, await program.mailbox.code(person.email));
  await arrive(laptop);

  const page = await open();
  await signInByEmail(page, person, program.mailbox);
  await menu(page, person);
  await page.getByRole('link', { name: 'Edit Profile' }).click();
  await page.getByRole('navigation', { name: 'Edit Profile sections' }).getByRole('link', { name: 'Devices & sessions' }).click();
  await page.getByRole('heading', { name: 'Signed in now' }).waitFor();
  await look(page, 'devices');
  await press(page, 'Sign out everywhere else');
  await page.getByText('You are signed out everywhere else.').waitFor();
  await press(page, 'Forget');
  await page.getByText('The device was forgotten. Signing in there asks for a code again.').waitFor();

  // Whoever has the laptop is out, and the password alone is not enough there.
  await laptop.goto('/account/profile');
  await laptop.getByText('This browser was signed out from another one of yours.').waitFor();
  await look(laptop, 'signed-out-elsewhere');
  await password(laptop, person);
  await heading(laptop, "Choose how to verify it's you");
});

story('story: somebody knows the password', async ({ open, program, look }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  const thief = await open();
  await signIn(thief, person);
  const mail = await program.mailbox.next(person.email, /new sign-in/i);
  await page.goto(link(mail, '/not-you/'));
  await heading(page, "Wasn't you?");
  assert.ok(page.url().endsWith('/not-you'), 'the address holds no secret');
  await look(page, 'not-you');
  await thief.goto('/home');
  await heading(thief, 'Home'); // looking changed nothing
  await press(page, 'Sign out everywhere');
  await heading(page, 'Everything was signed out');
  await look(page, 'not-you-done');

  // The thief is out, and the password opens nothing without the mailbox.
  await thief.goto('/home');
  await password(thief, person);
  await heading(thief, "Choose how to verify it's you");

  // The owner gets back in: password, code, new password.
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await password(page, person);
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Choose a new password to continue');
  await look(page, 'password-due');
  await choosePassword(page, 'Save and continue');
  await heading(page, 'Home');
  await password(await signedOut(thief), person);
  await thief.getByRole('alert').getByText('That username and password do not match').waitFor();
});

async function signedOut(page) {
  await page.goto('/signin');
  return page;
}
