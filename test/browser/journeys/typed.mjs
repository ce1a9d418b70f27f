// Codes as people and programs type them, and what people get wrong.
import assert from 'node:assert/strict';
import { codeField } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import { chooseMethod, enable, heading, password, press, securityTab, signIn, signOut, typeCode } from '../support/steps.mjs';

// variants of one code, as it comes from mail programs, notes and other keyboards.
const variants = {
  'with spaces and a dash': (code) => ` ${code.slice(0, 3)}-${code.slice(3)} `,
  'with a space': (code) => `${code.slice(0, 3)} ${code.slice(3)}`,
  'with a no-break space': (code) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`,
  'in full-width digits': (code) => [...code].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join(''),
};

for (const [name, write] of Object.entries(variants)) {
  test(`typed: an emailed code ${name}`, async ({ page: open, program }) => {
    const person = await program.newPerson({ twoFactor: 'email' });
    const page = await open();
    await signIn(page, person, 'Email', async () => write(await program.mailbox.code(person.email)));
  });
}

// refused expects a screen that names the problem in the summary and beside its
// field, with its status and title.
async function refused(page, status, text, act) {
  const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), act()]);
  assert.equal(answer.status(), status, text);
  await page.getByRole('alert').getByText(text).waitFor();
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
    await page.getByLabel('Username or email').fill(login);
    await page.getByLabel('Password', { exact: true }).fill('not the right password');
    const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), press(page, 'Sign in')]);
    await page.getByText(same).first().waitFor();
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '', 'the password does not stay');
    screens.push([answer.status(), (await page.content()).replaceAll(login, '').replace(/name="form_token" value="[^"]*"/g, '')]);
  }
  assert.deepEqual(screens[0], screens[1], 'somebody and nobody look alike');
});

test('typed: wrong emailed codes', async ({ page: open, program }) => {
  const person = await program.newPerson({ twoFactor: 'email' });
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await chooseMethod(page, 'Email');
  await heading(page, 'Check your email');
  const right = await program.mailbox.code(person.email);
  const reference = (await page.locator('strong').first().textContent()).trim();
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
  const used = app.lastCode();
  await signOut(page, person);
  await password(page, person);
  await chooseMethod(page, 'Authenticator Code');
  await refused(page, 422, 'That code was already used. Wait for the next one (up to 30 seconds).', async () => typeCode(page, await used));
  await refused(page, 422, /That code is not right. Wait for a new one and try again. . tries left./, async () => typeCode(page, await app.wrongCode()));
  await refused(page, 422, /Our clock says/, async () => typeCode(page, await app.wrongCode()));
  await typeCode(page, await app.code());
  await heading(page, 'Home');
});

test('typed: two tabs share one sign-in, and one code opens it once', async ({ page: open, program }) => {
  const person = await program.newPerson({ twoFactor: 'email' });
  const one = await open();
  await one.goto('/signin');
  await password(one, person);
  await chooseMethod(one, 'Email');
  const two = await one.context().newPage();
  await two.goto('/signin/verify/email');
  await heading(two, 'Check your email');
  const code = await program.mailbox.code(person.email);
  await typeCode(one, code);
  await heading(one, 'Home');
  await typeCode(two, code);
  assert.ok(!/verify/.test(two.url()), 'the second tab leaves the finished sign-in');
  await two.goto('/home');
  await heading(two, 'Home');
});

test('typed: a remembered device asks for the password only', async ({ page: open, program }) => {
  const person = await program.newPerson({ twoFactor: 'email' });
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, "Choose how to verify it's you");
  await page.getByRole('checkbox', { name: /^Remember this device for 30 days/ }).check();
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await heading(page, 'Home');
  await signOut(page, person);
  await signIn(page, person);
  const elsewhere = await open();
  await elsewhere.goto('/signin');
  await password(elsewhere, person);
  await heading(elsewhere, "Choose how to verify it's you");
});
