// Every screen of signing in, with its errors: axe-core in both themes, the
// frame, no sideways scrolling, large text; with --shots pictures for people.
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import {
  chooseMethod, enable, heading, menu, password, press, securityTab, signIn, signOut, typeCode,
} from '../support/steps.mjs';

test('screens: the first screen and its errors', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/signin');
  await look(page, 'signin');
  await press(page, 'Sign in');
  await page.getByRole('alert').waitFor();
  await look(page, 'signin-empty');
  await page.goto('/signin');
  const guess = async () => {
    await page.getByLabel('Username or email').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill('not the right password');
    const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), press(page, 'Sign in')]);
    await page.getByRole('alert').waitFor();
    return answer.status();
  };
  await guess();
  await look(page, 'signin-wrong');
  for (let status = 422, tries = 0; status === 422 && tries < 8; tries++) {
    status = await guess();
  }
  await page.getByRole('alert').getByText(/Too many tries\. Wait .*, or reset your password\./).waitFor();
  await look(page, 'signin-limited');
  await page.goto('/signin/help');
  await look(page, 'signin-help');
});

test('screens: the emailed code', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await look(page, 'verify-first');
  await page.evaluate(() => document.querySelector('[name=method]:checked').removeAttribute('name'));
  await press(page, 'Continue');
  await page.getByRole('alert').waitFor();
  await look(page, 'verify-error');
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  const code = await program.mailbox.code(person.email);
  await look(page, 'verify-email');
  await typeCode(page, '12');
  await page.getByRole('alert').waitFor();
  await look(page, 'verify-email-error');
  await page.getByRole('link', { name: "I can't get into this email" }).click();
  await heading(page, 'Get help signing in');
  await look(page, 'signin-help-open');
  await page.goto('/signin/verify/email');
  await typeCode(page, code);
  await heading(page, 'Add an authenticator app?');
  await look(page, 'setup-offer');
});

test('screens: the app and the recovery code', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app, recoveryCodes } = await enable(page, person, program.mailbox);
  await look(page, 'security-on');
  await signOut(page, person);
  await look(page, 'signed-out');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await look(page, 'verify-app-set-up');
  await chooseMethod(page, 'Authenticator Code');
  await heading(page, 'Enter your authenticator code');
  await look(page, 'verify-app');
  const wrong = await app.wrongCode();
  await typeCode(page, wrong);
  await page.getByRole('alert').waitFor();
  await typeCode(page, wrong);
  await page.getByRole('alert').getByText(/Our clock says/).waitFor();
  await look(page, 'verify-app-clock');
  await page.goto('/signin/verify/recovery');
  await heading(page, 'Use a recovery code');
  await look(page, 'verify-recovery');
  await page.getByLabel('Recovery code').fill('not one of them');
  await press(page, 'Continue');
  await page.getByRole('alert').waitFor();
  await look(page, 'verify-recovery-error');
  await page.getByLabel('Recovery code').fill(recoveryCodes[0]);
  await press(page, 'Continue');
  await heading(page, 'You have 9 recovery codes left');
  await look(page, 'recovery-used');
});

test('screens: too many wrong codes', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await chooseMethod(page, 'Email');
  const right = await program.mailbox.code(person.email);
  for (let i = 0; i < 5; i++) {
    await typeCode(page, right === '123456' ? '123457' : '123456');
  }
  await page.getByText('Too many wrong codes. Start signing in again.').first().waitFor();
  await look(page, 'signin-again');
});

test('screens: an invitation and a link that is over', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson({ invited: true });
  const page = await open();
  await page.goto(person.link);
  await heading(page, /^Welcome to/);
  await look(page, 'invite');
  await page.getByLabel('New password', { exact: true }).fill('short');
  await page.getByLabel('Confirm new password').fill('short');
  await press(page, 'Create account');
  await page.getByRole('alert').waitFor();
  await look(page, 'invite-error');
  const other = await open();
  await other.goto('/invite/notalink');
  await heading(other, 'This link no longer works');
  await look(other, 'error-410');
});

test('screens: on the way to an application', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await page.goto(program.scorecard);
  await password(page, person);
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  await page.route(`${program.scorecard}/**`, (route) => route.abort('aborted')); // so that the page in between stays
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Continue to Scorecard');
  await look(page, 'continue');
});

test('screens: errors', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/no/such/page');
  await look(page, 'error-404');
  await page.goto('/signin/cancel');
  await look(page, 'error-405');
  await page.goto('/signin');
  await page.evaluate(() => document.querySelectorAll('[name=form_token]').forEach((field) => { field.value = 'old'; }));
  await password(page, person);
  await page.getByRole('alert').getByText('This page was open too long. Try again.').waitFor();
  await look(page, 'signin-expired');
  await signIn(page, person);
  await page.evaluate(() => document.querySelectorAll('[name=form_token]').forEach((field) => { field.value = 'old'; }));
  await menu(page, person);
  await press(page, 'Sign out');
  await heading(page, 'This page was open too long');
  await look(page, 'error-expired');
  await page.goto('/no/such/page');
  await page.locator('summary', { hasText: 'Account menu' }).waitFor();
  await look(page, 'error-404-signed-in');
  await page.goto('/continue?to=https://elsewhere.example/');
  await look(page, 'continue-refused');

  const stranger = await program.newPerson({ group: 'Nobody' });
  const outside = await open();
  await signIn(outside, stranger);
  await look(outside, 'home-without-applications');
  await outside.goto(program.scorecard);
  await outside.getByText('You cannot open this application. Ask an administrator to give you access.').waitFor();
});

test('screens: without cookies', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/signin');
  await page.context().clearCookies(); // as if the browser had kept none
  await password(page, person);
  await heading(page, 'Allow cookies to sign in');
  await look(page, 'cookies');
});

test('screens: help', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const page = await open();
  for (const name of ['help', 'help/two-factor', 'help/lost-phone', 'help/signing-in']) {
    await page.goto(`/${name}`);
    await look(page, name.replace('/', '-'));
  }
  await signIn(page, await program.newPerson());
  await page.goto('/help/two-factor');
  await look(page, 'help-two-factor-signed-in');
});

test('screens: the development pages', async ({ page: open, program, shot }) => {
  const look = inspector(shot, { frame: false });
  const person = await program.newPerson();
  const page = await open();
  await page.goto(program.scorecard);
  await password(page, person);
  await chooseMethod(page, 'Email');
  await program.mailbox.code(person.email);
  await page.goto(`/dev/mail?to=${person.email}`);
  await page.getByRole('link', { name: /code/ }).first().waitFor();
  await look(page, 'dev-mail');
  await page.getByRole('link', { name: /code/ }).first().click();
  for (const view of ['Text', 'HTML', 'Raw', 'Headers']) {
    await page.getByRole('link', { name: view, exact: true }).click();
    await look(page, `dev-mail-${view.toLowerCase()}`);
  }
  await page.goto('/dev/mail?to=nobody@example.org');
  await page.getByText('No messages to nobody@example.org.').waitFor();
  await look(page, 'dev-mail-none');
  await page.goto('/dev/authenticator');
  await look(page, 'dev-authenticator');
  await page.getByRole('textbox').first().fill('not a key!');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await look(page, 'dev-authenticator-error');
});

test('screens: nobody is there yet', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const page = await open();
  await page.goto(`${await program.emptyServer()}/signin`);
  await heading(page, 'Sallyport is not set up yet');
  await look(page, 'not-set-up');
});
