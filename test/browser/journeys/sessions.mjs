// Where somebody is signed in and remembered, and what happened around the
// account: seen, ended, renamed and read on a phone and on a desk, with and
// without scripts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { desktop, phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import {
  arrive, chooseMethod, enable, heading, menu, password, press, securityTab, signIn, signOut, typeCode,
} from '../support/steps.mjs';

const views = [
  ['on a phone, without scripts', { scripts: false, size: phone, touch: true }],
  ['on a desk, with scripts', { scripts: true, size: desktop }],
];

// tab goes to Devices & sessions the way people do.
async function tab(page, person) {
  await menu(page, person);
  await page.getByRole('link', { name: 'Edit Profile' }).click();
  await page.getByRole('navigation', { name: 'Edit Profile sections' }).getByRole('link', { name: 'Devices & sessions' }).click();
  await page.getByRole('heading', { name: 'Signed in now' }).waitFor();
}

function region(page, name) {
  return page.getByRole('region', { name, exact: true });
}

for (const [where, view] of views) {
  test(`sessions: a browser ended from another, a device forgotten, ${where}`, async ({ page: open, program, shot }) => {
    const person = await program.newPerson();
    const setUp = await open();
    await signIn(setUp, person);
    await securityTab(setUp, person);
    const { app } = await enable(setUp, person, program.mailbox);
    await signOut(setUp, person);

    // The person's own browser, remembered.
    const own = await open(view);
    await own.goto('/signin');
    await password(own, person);
    await own.getByLabel('Remember this device for 30 days').check();
    await chooseMethod(own, 'Authenticator Code');
    await typeCode(own, await app.code());
    await arrive(own);
    await tab(own, person);
    assert.equal(await region(own, 'Signed in now').getByRole('listitem').count(), 1);

    // Another one, somewhere else.
    const other = await open();
    await signIn(other, person, 'Authenticator Code', () => app.code());
    await own.reload();
    const rows = region(own, 'Signed in now').getByRole('listitem');
    assert.equal(await rows.count(), 2);
    await rows.nth(0).getByText('This device').waitFor();
    await rows.nth(1).getByText('Password + app').waitFor();
    await rows.nth(1).getByRole('button', { name: 'Sign out' }).click();
    await own.getByText('That browser was signed out.').waitFor();
    assert.equal(await region(own, 'Signed in now').getByRole('listitem').count(), 1);
    await other.goto('/account/profile');
    await heading(other, 'Sign in');
    await other.getByText('This browser was signed out from another one of yours.').waitFor();

    // The remembered device gets a name, and is forgotten.
    const devices = region(own, 'Remembered devices');
    await devices.getByRole('link', { name: 'Rename' }).click();
    await heading(own, 'Rename this remembered device');
    await own.getByLabel('Name', { exact: true }).fill('Kitchen table');
    await press(own, 'Save');
    await own.getByText('The name was changed.').waitFor();
    await devices.getByText('Kitchen table').waitFor();
    await shot(own, `sessions ${where}`);
    await devices.getByRole('button', { name: 'Forget', exact: true }).click();
    await own.getByText('The device was forgotten.').waitFor();
    await devices.getByText('No remembered devices.').waitFor();
    await own.goto('/home'); // where there is one button of that name
    await signOut(own, person);
    await signIn(own, person, 'Authenticator Code', () => app.code()); // a code again

    // What happened is told, chosen from, and taken along.
    await menu(own, person);
    await own.getByRole('link', { name: 'My activity' }).click();
    await heading(own, 'My activity');
    await own.getByText('A remembered device was renamed.').waitFor();
    await own.getByText('New name: Kitchen table').waitFor();
    await shot(own, `activity ${where}`);
    await own.getByLabel('Kind').selectOption({ label: 'Remembered devices' });
    await press(own, 'Show');
    await own.getByText('A remembered device was forgotten.').waitFor();
    assert.equal(await own.getByText('Signed in.', { exact: true }).count(), 0, 'only what was asked for');
    const [file] = await Promise.all([own.waitForEvent('download'), own.getByRole('link', { name: 'Download CSV' }).click()]);
    assert.equal(file.suggestedFilename(), 'my-activity.csv');
    assert.match(readFileSync(await file.path(), 'utf8'), /^\uFEFFWhen,What,.*\r\n.*A remembered device was forgotten\./);
  });
}

test('sessions: every screen', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await page.goto('/account/security/recovery-codes');
  await page.getByText('Recovery codes come with two-factor authentication.').waitFor();
  await look(page, 'recovery-codes-off');
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  await signOut(page, person);
  await password(page, person);
  await page.getByLabel('Remember this device for 30 days').check();
  await chooseMethod(page, 'Authenticator Code');
  await typeCode(page, await app.code());
  await arrive(page);
  const other = await open({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1' });
  await signIn(other, person, 'Authenticator Code', () => app.code());
  await page.goto('/account/sessions');
  await look(page, 'sessions');
  await page.getByRole('link', { name: 'Rename' }).click();
  await page.getByLabel('Name', { exact: true }).fill('');
  await press(page, 'Save');
  await page.getByRole('alert').waitFor();
  await look(page, 'device-rename-error');
  await page.goto('/account/activity');
  await look(page, 'activity');
  await page.goto('/account/activity?from=2026-12-02&to=2026-12-01');
  await page.getByRole('alert').waitFor();
  await look(page, 'activity-error');
  await page.goto('/account/activity?kind=account&to=2020-01-01');
  await page.getByText('Nothing matches these filters.').waitFor();
  await look(page, 'activity-none');
  await page.goto('/account/security/recovery-codes');
  await page.getByText('10 of 10 left.').waitFor();
  await look(page, 'recovery-codes');
  await page.goto('/account/sessions');
  await press(page, 'Sign out everywhere else');
  await page.getByText('You are signed out everywhere else.').waitFor();
  await other.goto('/home');
  await other.getByText('This browser was signed out from another one of yours.').waitFor();
  await look(other, 'signin-ended-by-owner');
});

test('sessions: where only one is allowed, the older one is told', async ({ page: open, program, shot }) => {
  const look = inspector(shot);
  await program.organization('Quayside', '--single-session');
  const person = await program.newPerson({ organization: 'Quayside' });
  const first = await open({ size: phone, touch: true });
  await signIn(first, person);
  const second = await open();
  await signIn(second, person);
  await first.getByRole('link', { name: 'Home', exact: true }).click();
  await heading(first, 'You were signed out');
  await first.getByText('You were signed out because your account signed in somewhere else at').waitFor();
  await look(first, 'session-ended');
  await first.getByRole('link', { name: 'Sign in again' }).click();
  await look(first, 'signin-elsewhere');
  await password(first, person);
  await heading(first, 'Home');
  await second.goto('/account/activity');
  await heading(second, 'You were signed out');
  await second.getByRole('link', { name: "Wasn't you?" }).click();
  await password(second, person);
  await heading(second, "Wasn't you?");
});
