// What people do, by the names they read on the screen.
import assert from 'node:assert/strict';
import { Authenticator, scan } from './authenticator.mjs';
import { codeField } from './checks.mjs';

// heading waits until a screen is there: its h1.
export function heading(page, name) {
  return page.getByRole('heading', { level: 1, name }).waitFor();
}

// press presses a button by its name and waits for the page that answers, so
// that what comes next does not meet the old one.
export async function press(page, name) {
  await answered(page, () => page.getByRole('button', { name, exact: true }).click());
}

// answered does something that sends a form and waits for the next page.
export async function answered(page, act) {
  await Promise.all([page.waitForEvent('domcontentloaded'), act()]);
}

// password fills in the first screen and sends it.
export async function password(page, person) {
  await heading(page, 'Sign in');
  await page.getByLabel('Username or email').fill(person.username ?? person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await press(page, 'Sign in');
}

// link returns the address in a message whose path begins so.
export function link(mail, path) {
  const found = new RegExp(`https?://\\S+?${path}\\S+`).exec(mail.text);
  assert.ok(found, `a link to ${path} in "${mail.subject}"`);
  return found[0];
}

// pick takes one of several choices by a click on its card, as people do.
export async function pick(page, name) {
  const radio = page.getByRole('radio', { name });
  await page.locator(`label[for="${await radio.getAttribute('id')}"]`).click();
  assert.ok(await radio.isChecked(), `${name} is chosen`);
}

// chooseMethod takes one of the two ways on the screen that always names both.
export async function chooseMethod(page, method) {
  await heading(page, "Choose how to verify it's you");
  for (const name of [/^Authenticator Code/, /^Email/]) {
    await page.getByRole('radio', { name }).waitFor();
  }
  await pick(page, new RegExp(`^${method}`));
  await press(page, 'Continue');
}

// typeCode types a code on whichever screen asks for one.
export async function typeCode(page, code) {
  const field = await codeField(page);
  await field.fill(code);
  await press(page, 'Continue');
}

// signIn goes all the way to Home: with a method and where its code comes from,
// or straight in.
export async function signIn(page, person, method, code) {
  await page.goto('/signin');
  await password(page, person);
  if (method) {
    await chooseMethod(page, method);
    await heading(page, method === 'Email' ? 'Check your email' : 'Enter your authenticator code');
    await typeCode(page, await code());
  }
  await arrive(page);
}

// arrive waits for Home, declining an app on the way where one is offered.
export async function arrive(page) {
  await heading(page, /^(Home|Add an authenticator app\?)$/);
  if (page.url().includes('/signin/setup-offer')) {
    await press(page, 'Not now');
    await heading(page, 'Home');
  }
}

// signInByEmail signs in with the code from the mailbox.
export function signInByEmail(page, person, mailbox) {
  return signIn(page, person, 'Email', () => mailbox.code(person.email));
}

// menu opens the account menu at the top right.
export async function menu(page, person) {
  const icon = page.locator('summary', { hasText: `Account menu, ${person.name}` });
  const box = await icon.boundingBox();
  const { width } = page.viewportSize();
  assert.ok(box.x + box.width > width - 80 && box.y < 80, 'the profile icon is at the top right');
  await icon.click();
}

export async function signOut(page, person) {
  await menu(page, person);
  await press(page, 'Sign out');
  await heading(page, 'Sign in');
  await page.getByText('You have signed out.').waitFor();
}

// securityTab goes there the way the article says: profile icon, Edit Profile,
// Security tab.
export async function securityTab(page, person) {
  await menu(page, person);
  await page.getByRole('link', { name: 'Edit Profile' }).click();
  await heading(page, 'Edit Profile');
  await page.getByRole('navigation', { name: 'Edit Profile sections' }).getByRole('link', { name: 'Security' }).click();
  await page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' }).waitFor();
}

// tickTheBox marks the article's checkbox. With scripts that alone opens the
// steps; without, Save does.
export async function tickTheBox(page, scripts) {
  const box = page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' });
  if (scripts) {
    await answered(page, () => box.check());
    return;
  }
  await box.check();
  await press(page, 'Save');
}

// scanFromScreen scans the QR code as a phone does: from a picture of the page.
// The picture itself and the setup key beside it must hold the same.
export async function scanFromScreen(page) {
  const picture = page.getByRole('img', { name: /^QR code for your authenticator app/ });
  await page.waitForLoadState('load'); // the picture is there then
  await picture.scrollIntoViewIfNeeded();
  const uri = await scan(await page.screenshot());
  const file = await page.request.get(await picture.getAttribute('src'));
  assert.equal(await scan(await file.body()), uri, 'the picture alone reads the same');
  const app = Authenticator.fromURI(uri);
  const key = (await page.locator('#setup-key').textContent()).trim();
  assert.match(key, /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/, 'the setup key stands in groups of four');
  assert.equal(key.replaceAll(' ', ''), app.secret, 'the setup key is the secret in the picture');
  return app;
}

// savePanel presses the Save of the steps, not the one beside the box.
export async function savePanel(page) {
  await answered(page, () => page.locator('#panel').getByRole('button', { name: 'Save', exact: true }).click());
}

// saveRecoveryCodes is the last step: read the ten codes, tick, Save.
export async function saveRecoveryCodes(page) {
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
  const codes = await page.locator('#recovery-codes code').allTextContents();
  assert.equal(codes.length, 10, 'ten recovery codes');
  for (const code of codes) {
    assert.match(code, /^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  }
  assert.equal(new Set(codes).size, 10, 'all different');
  await page.getByRole('checkbox', { name: 'I have saved these codes' }).check();
  await savePanel(page);
  return codes;
}

// enable goes from the Security tab to "two-factor authentication is on".
export async function enable(page, person, mailbox, scripts = true) {
  await tickTheBox(page, scripts);
  await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
  await typeCode(page, await mailbox.code(person.email));
  await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
  const app = await scanFromScreen(page);
  await typeCode(page, await app.code());
  const recoveryCodes = await saveRecoveryCodes(page);
  await page.getByText('Two-factor authentication is on. Next time you sign in, pick Authenticator Code.').waitFor();
  return { app, recoveryCodes };
}
