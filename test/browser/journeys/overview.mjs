// What administrators see before and after: what a requirement comes to, who did
// what, who there is, how mail is doing. Every screen, in both themes and widths.
import assert from 'node:assert/strict';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test as testOnDemo, testOnPair as test } from '../support/runner.mjs';
import { answered, heading, press, signIn, signOut } from '../support/steps.mjs';

const security = '/admin/system-settings/setup/organizations-and-security/security';
const requirement = 'Require Two-Factor Authentication';

test('overview: what will happen, before it is saved', async ({ page: open, program, shot, picture }) => {
  await program.organization('Pontoon');
  const keeper = await program.newAdministrator('Pontoon');
  await program.newPerson({ organization: 'Pontoon' });
  await program.newPerson({ organization: 'Pontoon', invited: true });
  const look = inspector(shot);
  const page = await open();
  await signIn(page, keeper);
  await page.goto(security);
  const section = page.getByRole('region', { name: 'What will happen' });
  await page.getByRole('checkbox', { name: requirement }).check(); // with scripts that alone asks
  await section.getByText('2 people will be asked at their next sign-in.').waitFor();
  await section.getByText('1 person has not accepted the invitation.').waitFor();
  await section.getByRole('paragraph').filter({ hasText: 'Everybody could sign in.' }).first().waitFor();
  await look(page, 'what-will-happen');
  await picture(page, 'what-will-happen');
  await page.reload();
  assert.equal(await page.getByRole('checkbox', { name: requirement }).isChecked(), false, 'looking saved nothing');

  const plain = await open({ size: phone, touch: true, scripts: false });
  await signIn(plain, keeper);
  await plain.goto(security);
  await plain.getByRole('checkbox', { name: requirement }).check();
  await press(plain, 'See what will happen');
  await plain.getByText('2 people will be asked at their next sign-in.').waitFor();
  assert.ok(await plain.getByRole('checkbox', { name: requirement }).isChecked(), 'what was ticked is still ticked');
  await press(plain, 'Save');
  await plain.getByText(/Two-factor authentication is now required\. 2 people will be asked/).waitFor();
});

test('overview: a password is tried against the rules as they are typed', async ({ page: open, program, shot }) => {
  await program.organization('Groyne');
  const keeper = await program.newAdministrator('Groyne');
  for (const scripts of [true, false]) {
    const page = await open({ scripts });
    await signIn(page, keeper);
    await page.goto(security);
    await page.getByLabel('Minimum length').fill('20');
    for (const [tried, verdict] of [['a calm river bank', /20/], ['a calm river bank at dusk', /^Accepted/]]) {
      await page.getByLabel('Try a password', { exact: true }).fill(tried);
      if (scripts) {
        await page.getByRole('button', { name: 'Try it' }).click();
      } else {
        await press(page, 'Try it');
      }
      await page.getByRole('status').filter({ hasText: verdict }).waitFor();
      assert.equal(await page.getByLabel('Minimum length').inputValue(), '20', 'what was typed is still there');
    }
    await page.getByLabel('Minimum length').fill('12');
    if (scripts) {
      await inspector(shot)(page, 'try-password');
    }
  }
});

testOnDemo('overview: how two-factor authentication spreads', async ({ page: open, program, picture }) => {
  const page = await open();
  await signIn(page, await program.newAdministrator('Northwind')); // whose past the demo has
  await page.goto('/admin');
  await heading(page, 'Control Panel');
  await page.getByText(/^\d+ of \d+ people who are active have it set up$/).waitFor();
  const people = page.getByRole('region', { name: 'People by two-factor authentication' });
  await people.getByText('Show the numbers').click();
  const days = await people.locator('tbody tr').allInnerTexts();
  assert.equal(days.length, 90, 'a row for each day');
  const counts = (row) => row.trim().split(/\s+/).slice(3);
  assert.notDeepEqual(counts(days.at(-1)), counts(days[0]), 'more people have it today than 90 days ago');
  await people.getByText('Show the numbers').click();
  await picture(page, 'control-panel');
  await people.getByRole('link', { name: 'Authenticator app' }).click();
  await heading(page, 'Manage Users');
  await page.getByText(/^\d+ of \d+ people$/).waitFor();
});

test('overview: the audit log tells of it, and is unbroken', async ({ page: open, program, shot, picture }) => {
  await program.organization('Bollard');
  const keeper = await program.newAdministrator('Bollard');
  const look = inspector(shot);
  const page = await open();
  await signIn(page, keeper);
  await page.goto('/admin/audit');
  await heading(page, 'Audit log');
  await page.getByText('Signed in.').first().waitFor();
  await look(page, 'audit');
  await page.getByText('Details').first().click();
  await look(page, 'audit-details');
  await picture(page, 'audit-log');
  await page.goto('/admin/audit?q=nobodywrotethis');
  await page.getByText('No events match.').waitFor();
  await page.goto('/admin/audit?kind=invented');
  await page.getByRole('alert').waitFor();
  await look(page, 'audit-problem');
  await page.goto('/admin/audit');
  await press(page, 'Verify log');
  await page.getByText(/^(Unbroken from|Nothing is sealed yet)/).waitFor(); // new events are sealed after 30 seconds
  await page.getByRole('link', { name: 'Export', exact: true }).click();
  await heading(page, 'Export the audit log');
  await look(page, 'audit-export');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()]);
  assert.match(file.suggestedFilename(), /\.csv$/);
});

test('overview: somebody is added, changed, deactivated and let in again', async ({ page: open, program, shot }) => {
  await program.organization('Rudder');
  const keeper = await program.newAdministrator('Rudder');
  const look = inspector(shot);
  const page = await open();
  await signIn(page, keeper);
  await page.goto('/admin/users');
  await look(page, 'users-alone');
  await page.getByRole('link', { name: '+ Add user' }).click();
  await heading(page, 'Add user');
  await look(page, 'user-new');
  await page.getByLabel('First Name').fill('Zoë');
  await page.getByLabel('Last Name').fill('Example');
  await page.getByLabel('Email Address').fill('not an address');
  await press(page, 'Save');
  await page.getByRole('alert').waitFor();
  await look(page, 'user-new-problem');
  await page.getByLabel('Email Address').fill('zoe.rudder@example.org');
  await press(page, 'Save');
  await page.goto('/admin/users?q=zoe');
  await page.getByText('1 of 2 people').waitFor();
  await look(page, 'users-found');
  await page.getByRole('link', { name: 'Zoë Example' }).click();
  await heading(page, 'Zoë Example');
  for (const tab of ['Security', 'Activity', 'Profile']) {
    await page.getByRole('main').getByRole('link', { name: tab, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Zoë Example' }).waitFor();
    await look(page, `user-${tab.toLowerCase()}`);
  }
  await page.goto('/admin/users?sort=invented').then((answer) => assert.equal(answer.status(), 400));
  await page.goto('/admin/users/export');
  await look(page, 'users-export');
  const [report] = await Promise.all([page.waitForEvent('download'), page.locator('button[value="access"]').click()]);
  assert.match(report.suggestedFilename(), /\.xlsx$/);
});

test('overview: the email page where there is one organization', async ({ page: open, program, shot }) => {
  const { address, keeper } = await program.ownServer('Own');
  const page = await open({ baseURL: address });
  await signIn(page, keeper);
  await page.goto('/admin/system-settings/email');
  await heading(page, 'Email');
  await inspector(shot)(page, 'email-settings');
  await page.goto('/admin');
  await heading(page, 'Control Panel');
  await inspector(shot)(page, 'control-panel-own');
  await signOut(page, keeper);
});
