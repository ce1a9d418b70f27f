// Codes as people and programs type them, and what people get wrong.
import assert from 'node:assert/strict';
import { Authenticator } from '../support/authenticator.mjs';
import { codeField } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import {
  arrive, chooseMethod, enable, heading, password, press, securityTab, signIn, signOut, tickTheBox, typeCode,
} from '../support/steps.mjs';

// Codes as they come from mail programs, notes and other keyboards.
const variants = {
  'spaces and a dash': (code) => ` ${code.slice(0, 3)}-${code.slice(3)} `,
  'a space': (code) => `${code.slice(0, 3)} ${code.slice(3)}`,
  'a no-break space': (code) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`,
  'full-width digits': (code) => [...code].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join(''),
};

// paste puts a text into the focused field the way Ctrl+V does.
async function paste(page, text) {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.keyboard.press('Control+V');
}

for (const [name, write] of Object.entries(variants)) {
  test(`typed: an emailed code pasted with ${name}`, async ({ page: open, program }) => {
    const person = await program.newCarefulPerson();
    const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto('/signin');
    await password(page, person);
    await chooseMethod(page, 'Email');
    await heading(page, 'Check your email');
    const text = write(await program.mailbox.code(person.email));
    await paste(page, text);
    assert.equal(await (await codeField(page)).inputValue(), text, 'all of it is in the field');
    await page.keyboard.press('Enter');
    await arrive(page);
  });
}

test('typed: set-up takes codes with spaces and in full-width digits too', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await tickTheBox(page, true);
  await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
  await (await codeField(page)).pressSequentially(variants['spaces and a dash'](await program.mailbox.code(person.email)));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
  const key = (await page.locator('#setup-key').textContent()).replaceAll(' ', '');
  await typeCode(page, variants['full-width digits'](await new Authenticator(key).code()));
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
});

// refused expects a screen that names the problem in the summary and beside its
// field, with its status and title.
async function refused(page, status, text, act) {
  const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), act()]);
  assert.equal(answer.status(), status, String(text));
  await page.getByRole('alert').getByText(text).waitFor();
  await page.locator('.problem').getByText(text).waitFor();
  assert.equal(await page.getByText(text).count(), 2, `"${text}" stands in the summary and beside the field`);
  assert.match(await page.title(), /^Error: /);
}

test('typed: wrong things on the first screen', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/signin');
  await refused(page, 422, 'Enter your username or email', () => press(page, 'Sign in'));
  await page.getByLabel('Username or email').fill('nobody@example.org');
  await refused(page, 422, 'Enter your password', () => press(page, 'Sign in'));
  assert.equal(await page.getByLabel('Username or email').inputValue(), 'nobody@example.org', 'the name stays');
  const same = 'That username and password do not match an account that can sign in.';
  const screens = [];
  for (const login of ['nobody@example.org', person.email]) {
    await page.goto('/signin');
    await page.getByLabel('Username or email').fill(login);
    await page.getByLabel('Password', { exact: true }).fill('not the right password');
    const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), press(page, 'Sign in')]);
    await page.getByText(same).first().waitFor();
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '', 'the password does not stay');
    screens.push([answer.status(), (await answer.text()).replaceAll(login, '').replace(/name="form_token" value="[^"]*"/g, '')]);
  }
  assert.deepEqual(screens[0], screens[1], 'somebody and nobody look alike');
});

test('typed: wrong emailed codes', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  const right = await program.mailbox.code(person.email);
  const reference = (await page.locator('.reference').textContent()).trim();
  assert.match(reference, /^[A-Z]{4}$/);
  const wrong = right === '123456' ? '123457' : '123456';
  await refused(page, 422, 'Enter the 6-digit code from the email', () => press(page, 'Continue'));
  await refused(page, 422, 'That is fewer than 6 numbers. Type all 6.', () => typeCode(page, right.slice(1)));
  await refused(page, 422, 'That is more than 6 numbers. Type only the code.', () => typeCode(page, `${right}0`));
  await refused(page, 422, 'Use numbers only for the code.', () => typeCode(page, `${right.slice(1)}x`));
  for (const left of ['4 tries', '3 tries', '2 tries', '1 try']) {
    await refused(page, 422, `That code is not right. Check it is from the message marked ${reference}. ${left} left.`, () => typeCode(page, wrong));
    assert.equal(await (await codeField(page)).inputValue(), '', 'a wrong code does not stay');
  }
  await typeCode(page, wrong);
  await page.getByText('Too many wrong codes. Start signing in again.').first().waitFor();
  await page.goto('/signin/verify/email');
  await heading(page, 'Sign in');
});

test('typed: wrong and used codes of an app', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  const used = await app.lastCode();
  await signOut(page, person);
  await password(page, person);
  await chooseMethod(page, 'Authenticator Code');
  await heading(page, 'Enter your authenticator code');
  await refused(page, 422, 'Enter the 6-digit code from your authenticator app', () => press(page, 'Continue'));
  await refused(page, 422, 'That code was already used. Wait for the next one (up to 30 seconds).', () => typeCode(page, used));
  const wrong = await app.wrongCode();
  await refused(page, 422, /That code is not right. Wait for a new one and try again. . tries left./, () => typeCode(page, wrong));
  await refused(page, 422, /Our clock says [0-9]{2}:[0-9]{2}:[0-9]{2}/, () => typeCode(page, wrong));
  await page.getByRole('link', { name: 'Lost your phone?' }).click();
  await refused(page, 422, 'Enter a recovery code', () => press(page, 'Continue'));
  await page.getByLabel('Recovery code').fill('0000-0000-0000-0000');
  await refused(page, 422, 'That recovery code is not right or was already used.', () => press(page, 'Continue'));
  await page.getByRole('link', { name: 'None of these work' }).click();
  await heading(page, 'Get help signing in');
  await page.getByRole('link', { name: "Back to verifying it's you" }).click();
  await chooseMethod(page, 'Authenticator Code');
  await typeCode(page, await app.code());
  await arrive(page);
});

test('typed: two tabs share one sign-in, and one code opens it once', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const one = await open();
  await one.goto('/signin');
  await password(one, person);
  await chooseMethod(one, 'Email');
  await heading(one, 'Check your email');
  const two = await one.context().newPage();
  await two.goto('/signin/verify/email');
  await heading(two, 'Check your email');
  const code = await program.mailbox.code(person.email);
  await typeCode(one, code);
  await arrive(one);
  await typeCode(two, code);
  await two.waitForURL((url) => !url.pathname.startsWith('/signin/verify'));
  await two.goto('/home');
  await heading(two, 'Home');
});

test('typed: reloading and going back never sends again', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  const code = await program.mailbox.code(person.email);
  for (let i = 0; i < 3; i++) {
    await page.reload();
  }
  await page.goBack();
  await page.goForward();
  await heading(page, 'Check your email');
  await page.getByText(/You can ask for another code in/).waitFor();
  assert.equal(await program.mailbox.unread(person.email), 0, 'nothing more was sent');
  await typeCode(page, code);
  await arrive(page);
  await page.goto('/home');
  assert.equal(await program.mailbox.unread(person.email), 0, 'nothing more was sent');
});

test('typed: a remembered device asks for the password only', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await page.getByRole('checkbox', { name: /^Remember this device for 30 days/ }).check();
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  assert.ok(await page.getByRole('checkbox', { name: /^Remember this device/ }).isChecked(), 'the tick is kept');
  await typeCode(page, await program.mailbox.code(person.email));
  await arrive(page);
  await signOut(page, person);
  await signIn(page, person);
  const elsewhere = await open();
  await elsewhere.goto('/signin');
  await password(elsewhere, person);
  await heading(elsewhere, "Choose how to verify it's you");

  // Signing out can forget the device.
  await page.locator('summary', { hasText: 'Account menu' }).click();
  await press(page, 'Sign out and forget this device');
  await page.getByText('This device is no longer remembered.').waitFor();
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
});

test('typed: the email is remembered where the box was ticked', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/signin');
  await page.getByRole('checkbox', { name: 'Remember my email on this device' }).check();
  await password(page, person);
  await arrive(page);
  await signOut(page, person);
  assert.equal(await page.getByLabel('Username or email').inputValue(), person.email);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'password', 'only the password is left to type');
});

test('typed: starting again leaves the half-done sign-in', async ({ page: open, program }) => {
  const person = await program.newCarefulPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await press(page, 'Not you? Start again');
  await heading(page, 'Sign in');
  await page.goto('/signin/verify');
  await heading(page, 'Sign in');
  await page.goto('/home');
  await heading(page, 'Sign in');
});
