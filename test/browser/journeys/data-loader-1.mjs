// Data Loader 1.0, which knows a username and a password: refused while two-factor
// authentication is on, let in by a pause, while it is off for now, or by an app
// password. curl stands in for it, and Scorecard takes its measures.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import {
  enable, heading, password, press, savePanel, securityTab, signIn, tickTheBox,
} from '../support/steps.mjs';

// load sends measures as somebody, and returns the status and what it was told.
async function load(program, { email, password: secret }, options = []) {
  const sent = promisify(execFile)('curl', [
    '--silent', '--show-error', '--user', `${email}:${secret}`, '--form', 'file=@-;filename=measures.csv;type=text/csv',
    '--write-out', '\n%{http_code} %{redirect_url}', ...options, `${program.scorecard.replace(/\/$/, '')}/upload`,
  ]);
  sent.child.stdin.end('measure,period,value\nLoaded by curl,2026-01,7\n');
  const { stdout } = await sent;
  const lines = stdout.trimEnd().split('\n');
  const [status, redirect] = lines.pop().split(' ');
  return { status: Number(status), redirect, text: lines.join('\n').trim() };
}

function refused(answer) {
  assert.equal(answer.status, 403, answer.text);
  assert.deepEqual(JSON.parse(answer.text), {
    error: 'two_factor_required',
    message: 'This account uses two-factor authentication. Pause it for Data Loader 1.0 in Edit Profile > Security, or use an API key.',
  });
}

function loaded(answer) {
  assert.deepEqual([answer.status, answer.text], [200, 'Loaded 1 values.']);
}

for (const scripts of [true, false]) {
  test(`data loader 1.0: a pause${scripts ? '' : ', without JavaScript'}`, async ({ page: open, program, shot, picture }) => {
    const person = await program.newPerson();
    const page = await open({ scripts });
    const look = scripts ? inspector(shot) : async () => {};
    await signIn(page, person);
    await securityTab(page, person);
    await enable(page, person, program.mailbox, scripts);
    refused(await load(program, person));

    await page.getByRole('link', { name: 'Start or end a pause' }).click();
    await heading(page, 'Pause two-factor authentication for Data Loader 1.0');
    assert.equal(await page.getByLabel('4 hours').count(), 0, 'four hours are not offered');
    await look(page, 'client-pause');
    if (scripts) await picture(page, 'client-pause');
    await page.getByLabel('Why (optional)').fill('monthly load');
    await press(page, 'Start pause');
    await page.getByText('The pause has started.').waitFor();
    await program.mailbox.next(person.email, /^Two-factor authentication is paused for Data Loader 1\.0/);
    loaded(await load(program, person));
    loaded(await load(program, person));
    assert.equal((await load(program, { email: person.email, password: 'something else entirely' })).status, 401);

    // On every page; and the web asks for a code as before.
    await page.goto('/home');
    await page.getByText(/^Two-factor authentication is paused for Data Loader 1\.0 from .*: 1[45] minutes left\.$/).waitFor();
    if (scripts) await picture(page, 'client-pause-banner');
    await look(page, 'client-pause-banner');
    const web = await open({ scripts });
    await web.goto('/signin');
    await password(web, person);
    await heading(web, "Choose how to verify it's you");

    await press(page, 'End now');
    await page.getByText('The pause has ended.').waitFor();
    const told = await program.mailbox.next(person.email, /^The pause for Data Loader 1\.0/);
    assert.match(told.text, /sign-in/);
    refused(await load(program, person));
  });
}

for (const scripts of [true, false]) {
  test(`data loader 1.0: an app password${scripts ? '' : ', without JavaScript'}`, async ({ page: open, program, shot, picture }) => {
    const person = await program.newPerson();
    const page = await open({ scripts });
    const look = scripts ? inspector(shot) : async () => {};
    await signIn(page, person);
    await securityTab(page, person);
    await enable(page, person, program.mailbox, scripts);
    await page.getByRole('link', { name: 'Make or delete app passwords' }).click();
    await heading(page, 'App passwords');
    await look(page, 'app-passwords-none');
    await page.getByLabel('Name', { exact: true }).fill('Old loader on the file server');
    await page.getByLabel('Scorecard').check();
    await press(page, 'Make app password');
    await heading(page, 'Put the app password into the program now');
    const text = (await page.locator('#secret').textContent()).trim();
    assert.match(text, /^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
    assert.ok(!page.url().includes(text));
    await look(page, 'app-password-saved');
    if (scripts) await picture(page, 'app-password-saved');
    await press(page, 'Done');
    await page.getByText('Tick the box when the app password is in the program.').first().waitFor();
    await page.getByLabel('It is in the program').check();
    await press(page, 'Done');
    await page.getByText('The app password is ready.').waitFor();
    await look(page, 'app-passwords');
    if (scripts) await picture(page, 'app-passwords');
    await program.mailbox.next(person.email, /^An app password was made/);

    // Two-factor authentication stays on: the program gets in, its person's own
    // password does not, and the web takes only that one and a code.
    loaded(await load(program, { email: person.email, password: text }));
    loaded(await load(program, { email: person.email, password: text.replaceAll('-', '').toUpperCase() }));
    const own = await load(program, person);
    assert.deepEqual([own.status, JSON.parse(own.text).error], [403, 'client.app_password_set']);
    const web = await open({ scripts });
    await web.goto('/signin');
    await password(web, { ...person, password: text });
    await web.getByText('That username and password do not match an account that can sign in.').first().waitFor();
    await password(web, person);
    await heading(web, "Choose how to verify it's you");

    await page.getByRole('link', { name: 'Delete Old loader on the file server' }).click();
    await heading(page, 'Delete the app password Old loader on the file server?');
    await look(page, 'app-password-delete');
    await press(page, 'Delete app password');
    await page.getByText('The app password is deleted.').waitFor();
    await program.mailbox.next(person.email, /^An app password of your/);
    assert.equal((await load(program, { email: person.email, password: text })).status, 401);
    refused(await load(program, person));
  });
}

test('data loader 1.0: off for now, load, and on again with the same app', async ({ page: open, program }) => {
  const person = await program.newPerson();
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  const { app } = await enable(page, person, program.mailbox);
  refused(await load(program, person));
  await page.goto('/account/security');
  await page.getByRole('checkbox', { name: 'Enable Two-Factor Authentication' }).uncheck();
  await page.locator('#two-factor').getByRole('button', { name: 'Save' }).click();
  await heading(page, 'Turn off two-factor authentication?');
  await press(page, 'Turn off');
  await page.getByText('Two-factor authentication is off for now. Your app is kept.').first().waitFor();
  loaded(await load(program, person));
  await tickTheBox(page, true);
  await page.getByRole('heading', { name: 'Turn two-factor authentication on again' }).waitFor();
  await page.getByLabel('6-digit code').fill(await app.code());
  await savePanel(page);
  await page.getByText('Two-factor authentication is on again.').waitFor();
  refused(await load(program, person));
});

test('data loader 1.0: no pauses where an administrator allows none', async ({ page: open, program, shot }) => {
  await program.organization('Windstill');
  const person = await program.newPerson({ organization: 'Windstill' });
  const page = await open();
  await signIn(page, person);
  await securityTab(page, person);
  await enable(page, person, program.mailbox);
  await program.run(['org', 'set', '--org', 'Windstill', '--pause-cap', '0s']);
  await page.goto('/account/security/pause');
  await page.getByText('Your administrator does not allow pauses. Use an API key.').waitFor();
  const look = inspector(shot);
  await look(page, 'client-pause-none');
  await page.goto('/help/data-loader');
  await heading(page, 'Data Loader 1.0 and 2.0');
  await look(page, 'help-data-loader');
});
