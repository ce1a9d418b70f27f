// API keys: a person makes one, a program uses it without ever being asked for a
// code, it is rolled and deleted; an administrator gives one and sees them all.
import assert from 'node:assert/strict';
import { desktop, phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test, testOnPair } from '../support/runner.mjs';
import { chooseMethod, heading, menu, pick, press, signIn, typeCode } from '../support/steps.mjs';

// confirm shows who it is, by password and emailed code, on the way to making a key.
async function confirm(page, program, person) {
  await heading(page, "Confirm it's you");
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await press(page, 'Continue');
  await chooseMethod(page, 'Email');
  await typeCode(page, await program.mailbox.code(person.email));
}

// shown reads the key off the page that shows it once.
async function shown(page) {
  await heading(page, 'Save your key now');
  const key = { access: await page.locator('#access').textContent(), secret: await page.locator('#secret').textContent() };
  assert.match(key.access, /^spk_[a-z2-7]{16}$/);
  assert.match(key.secret, /^sps_[a-z2-7]{59}$/);
  assert.ok(!page.url().includes(key.secret), 'the secret is in no address');
  return key;
}

const headers = ({ access, secret }) => ({ 'Sallyport-Access-Key': access, 'Sallyport-Secret-Key': secret });

// load loads a measure into Scorecard as a script would, and returns the status.
async function load(program, key) {
  const body = new FormData();
  body.set('file', new Blob(['measure,period,value\nKeys made,2026-09,1\n']), 'values.csv');
  const answer = await fetch(new URL('/upload', program.scorecard), { method: 'POST', headers: headers(key), body, redirect: 'manual' });
  return `${answer.status} ${(await answer.text()).trim()}`;
}

for (const scripts of [true, false]) {
  test(`api-keys: made, used, rolled and deleted${scripts ? '' : ', without JavaScript'}`, async ({ page: open, program, shot, picture }) => {
    const person = await program.newPerson();
    const page = await open({ scripts });
    const look = scripts ? inspector(shot) : async () => {};
    const shoot = scripts ? (name) => picture(page, name) : async () => {};
    await page.setViewportSize(scripts ? desktop : phone);
    await signIn(page, person);
    await menu(page, person);
    await page.getByRole('link', { name: 'Edit Profile' }).click();
    await page.getByRole('navigation', { name: 'Edit Profile sections' }).getByRole('link', { name: 'API Keys' }).click();
    await heading(page, 'API Keys');
    await page.getByText('You have no API keys. A key lets Data Loader 2.0 work without a sign-in code.').waitFor();
    await look(page, 'keys-none');
    await page.getByRole('link', { name: 'Create key' }).click();
    await heading(page, 'Create an API key');
    await look(page, 'key-new');
    await page.getByLabel('API Key Name').fill('Measures <script>');
    await pick(page, /^90 days/);
    await press(page, 'Create key');
    await confirm(page, program, person);
    await heading(page, 'Create an API key'); // what was typed waited
    await press(page, 'Create key');
    const first = await shown(page);
    const savedAt = page.url();
    await shoot('api-key-saved');
    await look(page, 'key-saved');
    assert.equal(await load(program, first), '200 Loaded 1 values.', 'a program loads without a code');
    const file = await page.request.get(await page.getByRole('link', { name: 'Download .env' }).getAttribute('href'));
    assert.equal(await file.text(), `SALLYPORT_ACCESS_KEY=${first.access}\nSALLYPORT_SECRET_KEY=${first.secret}\n`);
    await press(page, 'Done');
    await page.getByRole('alert').getByText('Tick the box when you have saved the secret.').waitFor();
    await page.getByLabel('I have saved the secret').check();
    await press(page, 'Done');
    await page.getByText('The key is ready to use.').waitFor();
    await page.goto(savedAt);
    await heading(page, 'The secret cannot be shown again');
    assert.ok(!(await page.content()).includes(first.secret), 'the secret is never shown again');
    await look(page, 'key-saved-over');

    await page.getByRole('link', { name: 'Roll the key' }).click();
    await heading(page, 'Roll Measures <script>');
    await look(page, 'key-roll');
    await pick(page, /^Stops working now/);
    await press(page, 'Roll key');
    const second = await shown(page);
    assert.equal(second.access, first.access);
    assert.match(await load(program, first), /^401 .*key\.wrong/, 'the old secret is over');
    assert.equal(await load(program, second), '200 Loaded 1 values.');
    await page.getByLabel('I have saved the secret').check();
    await press(page, 'Done');
    await page.getByRole('link', { name: 'Measures <script>', exact: true }).click();
    await heading(page, 'API key Measures <script>');
    await look(page, 'key');
    await page.getByLabel('API Key Name').fill('Measures');
    await page.getByLabel('Allowed networks').fill('192.0.2.0/24');
    await press(page, 'Save');
    await page.getByText('The key was changed.').waitFor();
    assert.match(await load(program, second), /^403 .*key\.elsewhere/, 'not from this network');
    await shoot('api-keys');
    await look(page, 'keys');

    await page.getByRole('link', { name: 'Delete Measures' }).click();
    await heading(page, 'Delete Measures');
    await page.getByText('Anything using this key stops working now.').waitFor();
    await look(page, 'key-delete');
    await press(page, 'Delete key');
    await page.getByText('The key was deleted. Nothing can use it any more.').waitFor();
    assert.match(await load(program, second), /^401 .*key\.wrong/, 'a deleted key is over at once');
  });
}

testOnPair('api-keys: an administrator gives a key and sees them all', async ({ page: open, program, shot }) => {
  await program.organization('Keys');
  const [keeper, ada] = [await program.newAdministrator('Keys'), await program.newPerson({ organization: 'Keys' })];
  const page = await open();
  const look = inspector(shot);
  await signIn(page, keeper);
  await page.goto('/admin/system-settings/setup');
  await page.getByRole('main').getByRole('link', { name: /^Data Loader/ }).click();
  await heading(page, 'Data Loader API Keys');
  await look(page, 'loader-keys');
  await page.getByLabel('Make it for somebody else').fill(ada.name);
  await press(page, 'Find people');
  await page.getByRole('link', { name: `Add a key ${ada.name}` }).click();
  await heading(page, 'Create an API key');
  await page.getByLabel('API Key Name').fill('Staff list');
  await look(page, 'key-new-other');
  await page.getByLabel('API Key Name').fill('Staff list');
  await press(page, 'Create key');
  await confirm(page, program, keeper);
  await heading(page, 'Create an API key');
  await press(page, 'Create key');
  await page.getByRole('alert').getByText("Tick the box to give this person's rights to the key.").waitFor();
  await page.getByLabel(`Whoever has this key may do what ${ada.name} may do.`).check();
  await press(page, 'Create key');
  const key = await shown(page);
  await look(page, 'key-saved-other');
  await page.getByLabel('I have saved the secret').check();
  await press(page, 'Done');
  await heading(page, 'API Keys');
  await page.getByText(`Acts as ${ada.name}`).waitFor();
  assert.ok(!(await page.content()).includes(key.secret));
  await look(page, 'keys-all');
  for (const [link, title] of [['Staff list', 'API key Staff list'], ['Roll Staff list', 'Roll Staff list'], ['Delete Staff list', 'Delete Staff list']]) {
    await page.goto('/admin/api-keys');
    await page.getByRole('link', { name: link, exact: true }).click();
    await heading(page, title);
    await look(page, title.toLowerCase().replaceAll(' ', '-'));
  }
  await press(page, 'Delete key');
  await page.getByText('Nobody in your organization has an API key.').waitFor();
  await page.goto('/help/api-keys');
  await heading(page, 'API keys');
  await look(page, 'help-api-keys');
});
