// The article's bullets, literally, once as a browser is and once with
// JavaScript off.
import assert from 'node:assert/strict';
import { codeField } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import {
  chooseMethod, heading, menu, password, press, saveRecoveryCodes, savePanel, scanFromScreen, securityTab, signIn, signOut, tickTheBox, typeCode,
} from '../support/steps.mjs';

for (const scripts of [true, false]) {
  const how = scripts ? '' : ', without JavaScript';

  test(`article: enable two-factor authentication and use it${how}`, async ({ page: open, program }) => {
    const person = await program.newPerson();
    const page = await open({ scripts });
    await signIn(page, person);

    // "From any page, click on your Profile icon at the top right-hand corner"
    await page.goto('/help');
    await menu(page, person);
    // "Select Edit Profile"
    await page.getByRole('link', { name: 'Edit Profile' }).click();
    await heading(page, 'Edit Profile');
    // "Navigate to the Security tab"
    await page.getByRole('navigation', { name: 'Edit Profile sections' }).getByRole('link', { name: 'Security' }).click();
    // "Mark the checkbox next to Enable Two-Factor Authentication"
    assert.equal(await page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' }).isChecked(), false);
    await tickTheBox(page, scripts);
    await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
    assert.match(await page.locator('#panel-heading').textContent(), /Step 1 of 3/);
    await typeCode(page, await program.mailbox.code(person.email));
    // "Once you have an authenticator set up on your mobile device, scan the QR
    // code and follow the onscreen instructions."
    await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
    for (const name of ['Google Authenticator', 'Microsoft Authenticator', 'LastPass Authenticator', 'Twilio Authy']) {
      await page.getByText(name, { exact: true }).first().waitFor();
      for (const [store, address] of [['iOS', 'https://apps.apple.com/'], ['Android', 'https://play.google.com/']]) {
        const link = await page.getByRole('link', { name: `${name} for ${store}` }).getAttribute('href');
        assert.ok(link.startsWith(address), `${name} for ${store} leads to ${link}`);
      }
    }
    const app = await scanFromScreen(page);
    assert.equal(app.account, person.email);
    await typeCode(page, await app.code());
    // "Once you are done, click Save"
    await saveRecoveryCodes(page);
    await page.getByText('Two-factor authentication is on. Next time you sign in, pick Authenticator Code.').waitFor();
    assert.equal(await page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' }).isChecked(), true);
    await program.mailbox.next(person.email, /two-factor|authenticator/i);

    // "Next time you log in, select "Authenticator Code" as your verification
    // method and enter the code displayed on your mobile device."
    await signOut(page, person);
    await signIn(page, person, 'Authenticator Code', () => app.code());
  });

  test(`article: the email method is the one of the first time${how}`, async ({ page: open, program }) => {
    const person = await program.newPerson();
    const page = await open({ scripts });
    await signIn(page, person);
    await securityTab(page, person);
    await tickTheBox(page, scripts);
    await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
    await press(page, 'Do this at my next sign-in instead');
    const app = await scanFromScreen(page);
    await typeCode(page, await app.code());
    await saveRecoveryCodes(page);
    await page.getByText('Two-factor authentication is on. At your next sign-in, type the code we email you').waitFor();
    await signOut(page, person);

    await password(page, person);
    await heading(page, "Choose how to verify it's you");
    assert.ok(await page.getByRole('radio', { name: /^Authenticator Code/ }).isDisabled(), 'the app waits for the email code');
    await page.getByText('Available after your first email code.').waitFor();
    await chooseMethod(page, 'Email');
    await heading(page, 'Check your email');
    await codeField(page);
    const unread = await program.mailbox.unread(person.email);
    await page.reload();
    await page.reload();
    assert.equal(await program.mailbox.unread(person.email), unread, 'reloading never sends');
    await page.getByText('It works for 10 minutes').waitFor();
    let code;
    do {
      code = await program.mailbox.code(person.email);
    } while ((await program.mailbox.unread(person.email)) > 0);
    await typeCode(page, code);
    await heading(page, 'Home');
    await signOut(page, person);
    await signIn(page, person, 'Authenticator Code', () => app.code());
  });
}

test('article: nothing is on before a code is proved', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await tickTheBox(page, true);
  await typeCode(page, await program.mailbox.code(person.email));
  const app = await scanFromScreen(page);
  await typeCode(page, await app.wrongCode());
  await page.getByText('That code is not right. Check you scanned this code and not an older one.').first().waitFor();
  const again = await scanFromScreen(page);
  assert.equal(again.secret, app.secret, 'a wrong code keeps the same picture');
  await typeCode(page, await app.code());
  await savePanel(page);
  await page.getByText('Tick the box to show you have saved your codes.').first().waitFor();
  await press(page, 'Cancel');
  assert.equal(await page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' }).isChecked(), false);
  await signOut(page, person);
  await signIn(page, person);
});
