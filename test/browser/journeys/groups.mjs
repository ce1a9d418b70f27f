// Groups: made by an administrator, they say who may open an application.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { narrow } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import { answered, heading, press, signIn } from '../support/steps.mjs';

// add finds a person and adds them.
async function add(page, person) {
  await page.getByLabel('Add a member').fill(person.name);
  await press(page, 'Find people');
  await press(page, `Add ${person.name}`);
  await page.getByText('The person is a member now.').waitFor();
}

// opens waits until a proxy is told so about a person and an application: what is
// saved holds within 5 seconds.
async function opens(page, url, status) {
  const { protocol, host, pathname } = new URL(url);
  const headers = {
    'X-Forwarded-Method': 'GET', 'X-Forwarded-Proto': protocol.slice(0, -1), 'X-Forwarded-Host': host, 'X-Forwarded-Uri': pathname,
  };
  let got;
  for (const end = Date.now() + 5_000; Date.now() < end; await wait(100)) {
    got = (await page.request.get('/api/authz/forward-auth', { headers, maxRedirects: 0 })).status();
    if (got === status) {
      return;
    }
  }
  assert.equal(got, status, `${url} answers so within 5 seconds`);
}

test('groups: who may open an application', async ({ page: open, program, shot }) => {
  await program.organization('Lock');
  const [keeper, ada, bob, eve] = [
    await program.newAdministrator('Lock'), await program.newPerson({ organization: 'Lock' }),
    await program.newPerson({ organization: 'Lock' }), await program.newPerson({ organization: 'Lock' }),
  ];
  const members = [];
  for (const person of [ada, bob, eve]) {
    const page = await open();
    await signIn(page, person);
    members.push(page);
  }
  const [adas, bobs, eves] = members;
  const page = await open();
  const look = inspector(shot);
  await signIn(page, keeper);

  await page.goto('/admin');
  for (const name of ['System Settings', 'Groups']) {
    await page.getByRole('main').getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await heading(page, name);
  }
  await look(page, 'groups');
  await page.getByRole('link', { name: 'Add group' }).click();
  await heading(page, 'Add group');
  await press(page, 'Add group');
  await page.getByRole('alert').waitFor();
  await look(page, 'group-new-problem');
  await page.getByLabel('Name').fill('Lock keepers');
  await page.getByLabel('Description').fill('Who opens the lock\nand closes it');
  await press(page, 'Add group');
  await heading(page, 'Group Lock keepers');
  await look(page, 'group-empty');
  await add(page, ada);
  await add(page, bob);
  assert.equal(await page.getByRole('button', { name: `Add ${bob.name}` }).count(), 0, 'a member is not offered again');
  await page.getByRole('heading', { name: '2 members' }).waitFor();

  const ledger = 'http://localhost:9/lock-ledger';
  await program.run(['app', 'add', 'Lock ledger', ledger, '--org', 'Lock', '--group', 'Lock keepers']);
  await opens(adas, ledger, 200);
  await opens(bobs, ledger, 200);
  await opens(eves, ledger, 403);
  await page.reload();
  await page.getByText('Lock ledger').waitFor();
  await look(page, 'group');

  // The application follows another name.
  await page.getByLabel('Name', { exact: true }).fill('Gatekeepers');
  await press(page, 'Save');
  await heading(page, 'Group Gatekeepers');
  await page.getByText('Lock ledger').waitFor();
  await opens(adas, ledger, 200);

  await press(page, `Remove ${ada.name}`);
  await page.getByText('The person is no longer a member.').waitFor();
  await opens(adas, ledger, 403);
  await opens(bobs, ledger, 200);

  await page.getByRole('link', { name: 'Delete this group' }).click();
  await heading(page, 'Delete the group Gatekeepers?');
  assert.equal(await page.getByRole('button', { name: 'Delete group' }).count(), 0, 'not while an application is limited to it');
  await look(page, 'group-delete-refused');
  await program.run(['app', 'remove', 'Lock ledger', '--org', 'Lock']);
  await page.reload();
  await look(page, 'group-delete');
  await press(page, 'Delete group');
  await page.getByText('The group was deleted.').waitFor();
  await opens(bobs, ledger, 403);
});

test('groups: two administrators at once, on a phone without scripts', async ({ page: open, program, shot }) => {
  await program.organization('Sluice');
  const [one, two] = [await program.newAdministrator('Sluice'), await program.newAdministrator('Sluice')];
  const pages = [];
  for (const keeper of [one, two]) {
    const page = await open({ scripts: false, size: narrow, touch: true });
    await signIn(page, keeper);
    pages.push(page);
  }
  const [first, second] = pages;
  await first.goto('/admin/groups/new');
  await first.getByLabel('Name').fill('Eel');
  await press(first, 'Add group');
  await heading(first, 'Group Eel');
  await second.goto(new URL(first.url()).pathname);
  await first.getByLabel('Name', { exact: true }).fill('Salmon');
  await press(first, 'Save');
  await heading(first, 'Group Salmon');
  await second.getByLabel('Name', { exact: true }).fill('Trout');
  await press(second, 'Save');
  await second.getByText(`${one.name} changed this group at`).waitFor();
  await shot(second, 'group-two-administrators-320');
  assert.equal(await second.getByLabel('Name', { exact: true }).inputValue(), 'Trout', 'what the second typed is kept');
  await press(second, 'Save');
  await heading(second, 'Group Trout');
  await second.getByRole('link', { name: 'Delete this group' }).click();
  await press(second, 'Delete group');
  const answer = await first.reload();
  assert.equal(answer.status(), 404, 'it is gone for the first too');
  await answered(second, () => second.getByRole('link', { name: 'Add group' }).click());
});
