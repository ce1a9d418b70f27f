// The path of somebody new: open an application, sign in with password and
// emailed code, set up an app, sign out, come back through the app's code. Once
// as finn and once, with JavaScript off, as ana.
import assert from 'node:assert/strict';
import { desktop, narrow } from '../support/bench.mjs';
import { accessible, fitsWidth } from '../support/checks.mjs';
import { test } from '../support/runner.mjs';
import {
  chooseMethod, heading, menu, password, press, saveRecoveryCodes, scanFromScreen, securityTab, signOut, tickTheBox, typeCode,
} from '../support/steps.mjs';

// inScorecard waits until Scorecard shows who is there.
async function inScorecard(page, program, person) {
  await page.getByText(`Signed in as ${person.name}`).waitFor();
  assert.ok(page.url().startsWith(program.scorecard), `${page.url()} is in Scorecard`);
}

for (const [username, scripts] of [['finn', true], ['ana', false]]) {
  test(`scorecard: the whole path${scripts ? '' : ', without JavaScript'}`, async ({ page: open, program, picture }) => {
    const person = await program.member(username);
    const page = await open({ scripts });
    const shoot = scripts ? (name) => picture(page, name) : async () => {};

    // Opening the application leads to signing in: password and emailed code,
    // although this person has not turned anything on.
    await page.goto(program.scorecard);
    await heading(page, 'Sign in');
    await shoot('sign-in');
    await password(page, person);
    await heading(page, "Choose how to verify it's you");
    await shoot('choose-email-first');
    await chooseMethod(page, 'Email');
    await heading(page, 'Check your email');
    await shoot('email-code');
    await typeCode(page, await program.mailbox.code(person.email));
    await inScorecard(page, program, person);
    await shoot('scorecard');

    // The Security tab, the QR code off the screen.
    await page.goto(`${program.address}/home`);
    await heading(page, 'Home');
    await page.getByText('Demo data', { exact: true }).waitFor();
    await menu(page, person);
    await shoot('profile-icon');
    await page.goto(`${program.address}/home`);
    await securityTab(page, person);
    await shoot('security-tab');
    await tickTheBox(page, scripts);
    await page.getByRole('heading', { name: 'Scan the QR code' }).waitFor();
    await shoot('scan-qr-code');
    const app = await scanFromScreen(page);
    assert.equal(app.account, person.email);
    await typeCode(page, await app.code());
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    await shoot('recovery-codes');
    await saveRecoveryCodes(page);
    await page.getByText('Two-factor authentication is on. Next time you sign in, pick Authenticator Code.').waitFor();
    await shoot('security-on');
    await signOut(page, person);

    // Signed out of Sallyport is signed out of the application; back through the app.
    await page.goto(program.scorecard);
    await password(page, person);
    await heading(page, "Choose how to verify it's you");
    await shoot('choose-method');
    await chooseMethod(page, 'Authenticator Code');
    await heading(page, 'Enter your authenticator code');
    await shoot('authenticator-code');
    await typeCode(page, await app.code());
    await inScorecard(page, program, person);

    await page.goto(`${program.address}/home`);
    await page.getByRole('link', { name: /Scorecard/ }).click();
    await inScorecard(page, program, person);
    await page.goto(`${program.address}/home`);
    await signOut(page, person);
    await page.goto(program.scorecard);
    await heading(page, 'Sign in');
  });
}

test('scorecard: a signed-in person verifies it once more where the application wants it', async ({ page: open, program, shot }) => {
  const person = await program.newPerson();
  const page = await open();
  await page.goto('/signin');
  await password(page, person);
  await heading(page, 'Home');
  await page.getByRole('link', { name: /Scorecard/ }).click();
  await heading(page, "Confirm it's you");
  await accessible(page);
  await shot(page, 'confirm-for-application');
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await press(page, 'Continue');
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await inScorecard(page, program, person);
});

test('scorecard: values from a file, and files that are wrong', async ({ page: open, program, shot }) => {
  const person = await program.newPerson();
  const page = await open();
  await page.goto(program.scorecard);
  await password(page, person);
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
  await inScorecard(page, program, person);
  await page.getByText('Demo data', { exact: true }).waitFor();
  const load = async (text) => {
    await page.getByLabel('CSV file').setInputFiles({ name: 'values.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await press(page, 'Load values');
  };
  await load('measure,period,value\nJourneys,2026-08,17\nJourneys,2026-09,forty\n');
  await page.getByRole('alert').getByText('Row 3.').waitFor();
  await look(page, shot, 'scorecard-problem');
  await load('measure,period,value\nJourneys,2026-08,17\nJourneys,2026-09,42\n');
  await page.getByText('2 values are loaded.').waitFor();
  await look(page, shot, 'scorecard-loaded');
});

async function look(page, shot, name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    await accessible(page, `${name}, ${scheme}`);
    await shot(page, `${name}-${scheme}-1280`);
  }
  await page.setViewportSize(narrow);
  await fitsWidth(page, `${name}, 320 px`);
  await shot(page, `${name}-dark-320`);
  await page.setViewportSize(desktop);
}
