// The Data Loader in the browser: a file is put up, mapped, looked at and loaded, and
// the rows that failed are mended and loaded again, with the package that was kept.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import { heading, press, signIn } from '../support/steps.mjs';

// finished waits until a load is over, over as many refreshes as it takes.
const finished = (page, state) => page.getByRole('heading', { name: state, exact: true }).waitFor({ timeout: 30_000 });

// rowOf is the row of a table that begins with a name: on a phone it is a card.
const rowOf = (page, name) => page.locator('tr', { has: page.locator(`th:text-is("${name}"), th a:text-is("${name}")`) });

// rowMenu opens the menu of a package with the keyboard alone and goes down to one of
// its deeds, which Enter does.
async function rowMenu(page, name, deed) {
  const menu = rowOf(page, name).locator('details');
  await menu.locator('summary').focus();
  await page.keyboard.press('Enter');
  await menu.getByText(deed, { exact: true }).waitFor();
  for (const label of ['Run', 'Edit', 'Duplicate', 'Schedule', 'Delete']) {
    await page.keyboard.press('Tab');
    if (label === deed) break;
  }
  assert.equal(await page.evaluate(() => document.activeElement.textContent), deed);
  await page.keyboard.press('Enter');
}

// listed goes through what the list of packages offers: each deed of a row's menu leads
// where it says, a duplicate is made and deleted, and a package is changed without a file.
async function listed(page, look, scripts) {
  const row = (name) => rowOf(page, name);
  assert.match(await row('Staff list').innerText(), /File[^]*People[^]*Succeeded, 1 row[^]*Not scheduled/);
  await row('Staff list').locator('summary').click();
  await look(page, 'data-loader-packages');
  if (scripts) {
    await page.keyboard.press('Escape');
    assert.equal(await row('Staff list').locator('details').getAttribute('open'), null, 'Escape closes the menu');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SUMMARY', 'and gives the focus back');
  } else {
    await row('Staff list').locator('summary').click();
  }
  await rowMenu(page, 'Staff list', 'Duplicate');
  await page.getByText('The package is duplicated.').waitFor();
  await rowMenu(page, 'Staff list', 'Duplicate');
  await row('Staff list (copy 2)').waitFor();
  await rowMenu(page, 'Staff list (copy 2)', 'Delete');
  await heading(page, 'Delete Staff list (copy 2)?');
  await press(page, 'Delete package');
  await page.getByText('The package is deleted.').waitFor();
  await rowMenu(page, 'Staff list', 'Run');
  await heading(page, 'Load a file');
  assert.equal(await page.getByLabel('Package', { exact: true }).locator('option:checked').innerText(), 'Staff list');
  await page.goBack();
  await rowMenu(page, 'Staff list', 'Schedule');
  await heading(page, 'New schedule');
  assert.equal(await page.getByLabel('Package', { exact: true }).locator('option:checked').innerText(), 'Staff list');
  await page.goBack();
  await rowMenu(page, 'Staff list (copy)', 'Edit');
  await heading(page, 'Edit Staff list (copy)');
  assert.equal(await page.getByLabel('Title', { exact: true }).inputValue(), 'Job title');
  await page.getByLabel('Name of the package').fill('Second list');
  await page.getByLabel('Title', { exact: true }).fill('surname');
  await press(page, 'Save package');
  await page.getByRole('link', { name: 'The column surname is given to two fields. Give it to one.' }).waitFor();
  await look(page, 'data-loader-package-edit');
  await page.getByLabel('Title', { exact: true }).fill('Position');
  await page.locator('label', { hasText: 'Stop if any row has an error' }).click();
  await press(page, 'Save package');
  await heading(page, 'Package Second list');
  await page.getByText('The package is changed.').waitFor();
  await row('Position').waitFor();
  await page.goto('/data-loader');
}

// packaged looks after a package: a file that is not quite its own is loaded with it,
// two tabs rename it, and it is deleted.
async function packaged(page, look, address) {
  await page.getByRole('region', { name: 'Packages' }).getByRole('link', { name: 'Staff list', exact: true }).click();
  await heading(page, 'Package Staff list');
  await look(page, 'data-loader-package');
  await page.getByRole('link', { name: 'Load a file with it' }).click();
  await page.getByLabel('Or paste rows').fill(`EMAIL,Surname\n${address},Diaz\n`);
  await press(page, 'Upload');
  await heading(page, 'Map columns: Pasted rows');
  await page.getByText('Job title: Title').waitFor();
  await look(page, 'data-loader-missing');
  await page.getByRole('link', { name: 'Staff list' }).click();
  await page.getByRole('link', { name: 'Edit package' }).click();
  await heading(page, 'Edit Staff list');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByLabel('Name of the package').fill('People');
  await press(other, 'Save package');
  await heading(other, 'Package People');
  await other.close();
  await page.getByLabel('Name of the package').fill('Everybody');
  await press(page, 'Save package');
  await page.getByText('The package was changed in another tab').waitFor();
  await page.getByRole('heading', { name: 'What the package says: People' }).waitFor();
  await look(page, 'data-loader-package-moved');
  assert.equal(await page.getByLabel('Name of the package').inputValue(), 'Everybody', 'what was typed stays');
  await press(page, 'Save package');
  await heading(page, 'Package Everybody');
  await page.getByRole('link', { name: 'Delete package' }).click();
  await heading(page, 'Delete Everybody?');
  await look(page, 'data-loader-package-delete');
  await press(page, 'Delete package');
  await page.getByText('The package is deleted.').waitFor();
}

// remembered looks at how programs load, and two loads up in the history: what is asked for stays in the address.
async function remembered(page, look) {
  await page.goto('/data-loader');
  await page.getByRole('link', { name: 'Connect', exact: true }).click();
  await heading(page, 'Connect a program');
  await look(page, 'data-loader-connect');
  await page.goto('/data-loader');
  await page.getByRole('link', { name: 'Whole history' }).click();
  await heading(page, 'History of loads');
  const rows = page.getByRole('region', { name: 'History of loads' }).getByRole('listitem');
  assert.equal(await rows.count(), 2);
  await look(page, 'data-loader-history');
  await page.getByLabel('State').selectOption('Partly succeeded');
  await page.getByLabel('Who').selectOption('A person, in the browser');
  await page.getByLabel('Package').selectOption('Staff list');
  await press(page, 'Show');
  await heading(page, 'History of loads');
  assert.equal(await rows.count(), 1);
  assert.match(await rows.innerText(), /staff\.csv Partly succeeded/);
  assert.match(page.url(), /state=partly/);
  await page.getByLabel('Who').selectOption('Data Loader 1.0');
  await press(page, 'Show');
  await page.getByText('No load matches these filters.').waitFor();
  await look(page, 'data-loader-history-none');
  await page.getByRole('region', { name: 'History of loads' }).getByRole('link', { name: 'Clear filters' }).click();
  await page.waitForURL('**/data-loader/history');
  assert.equal(await rows.count(), 2);
}

// undone takes the first load back: whom it added is deactivated, whom it changed has
// the old title again.
async function undone(page, look) {
  await page.goto('/data-loader');
  await page.getByRole('link', { name: 'Open staff.csv' }).click();
  await heading(page, 'Load of staff.csv');
  await page.getByRole('link', { name: 'Undo this run' }).click();
  await heading(page, 'Undo the load of staff.csv');
  const told = () => page.locator('dl').filter({ hasText: 'Added by the load, deactivated' }).innerText();
  assert.match(await told(), /deactivated\s+1\s[^]*as before\s+1\s[^]*as they are\s+0/);
  await look(page, 'data-loader-undo');
  await press(page, 'Undo this run');
  await heading(page, 'Load of staff.csv');
  await finished(page, 'This run was undone');
  assert.match(await told(), /deactivated\s+1\s[^]*as before\s+1\s[^]*as they are\s+0/);
  assert.equal(await page.getByRole('link', { name: 'Undo this run' }).count(), 0);
  await look(page, 'data-loader-undone');
  await page.goto('/data-loader');
  await page.getByRole('region', { name: 'History' }).getByText('Undone').waitFor();
}

for (const [where, how] of [['on a desk', {}], ['on a phone, without scripts', { size: phone, touch: true, scripts: false }]]) {
  test(`data loader: upload, map, preview, run, mend, ${where}`, async ({ page: open, program, shot }) => {
    const name = how.size ? 'Granary Street' : 'Granary';
    await program.organization(name);
    const keeper = await program.newAdministrator(name);
    const known = await program.newPerson({ organization: name });
    const at = (who) => `${who}@${name.replace(' ', '').toLowerCase()}.example`;
    const page = await open(how);
    await signIn(page, keeper);
    const look = how.size ? async () => {} : inspector(shot);
    await page.goto('/home');
    await page.getByRole('link', { name: 'Data Loader', exact: true }).click();
    await heading(page, 'Data Loader');
    await page.getByText('Nothing was loaded yet.').waitFor();
    await look(page, 'data-loader');
    await page.getByRole('link', { name: 'Load a file' }).click();
    await heading(page, 'Load a file');
    await press(page, 'Upload');
    await page.getByRole('alert').waitFor();
    await look(page, 'data-loader-new');

    const rows = ['Email;First name;Surname;Job title;Favourite', `${at('ana')};Ana;Diaz;Clerk;=1+1`, `${known.email};;;Head;x`, 'ben@;Ben;Novak;Clerk;"=2+2"', `${at('ana')};Ana;Again;;`];
    await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'staff.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\r\n')) });
    await press(page, 'Upload');
    await heading(page, 'Map columns: staff.csv');
    assert.equal(await page.getByLabel('Job title').inputValue(), 'title', 'a column is suggested');
    await page.getByLabel('Email', { exact: true }).selectOption('Leave out');
    await press(page, 'Preview');
    await page.getByRole('link', { name: 'Choose a column for Email.' }).waitFor();
    await look(page, 'data-loader-map');
    await page.getByLabel('Email', { exact: true }).selectOption('Email');
    await press(page, 'Preview');
    await heading(page, 'Preview: staff.csv');
    await page.getByText('Preview: nothing has been saved').waitFor();
    await page.getByText('Add 1 · Update 1 · No change 0 · Errors 2').waitFor();
    await look(page, 'data-loader-preview');
    await page.getByRole('link', { name: 'Save as package' }).click();
    await heading(page, 'Save as package');
    await press(page, 'Save package');
    await page.getByRole('alert').waitFor();
    await look(page, 'data-loader-keep');
    await page.getByLabel('Name of the package').fill('Staff list');
    await press(page, 'Save package');
    await heading(page, 'Preview: staff.csv');
    await page.getByText('The package is saved.').waitFor();
    await page.getByText('Loaded with the package').waitFor();
    await page.getByRole('link', { name: 'Show only rows with errors' }).click();
    await page.getByText('This is already used in row 2.').waitFor();
    await look(page, 'data-loader-preview-errors');
    await press(page, 'Start the load');
    await heading(page, 'Load of staff.csv');
    await finished(page, 'Partly succeeded');
    await look(page, 'data-loader-run');
    await page.getByText('This is already used in row 2.').waitFor();
    await page.getByRole('link', { name: 'This is not an email address.' }).click();
    const rowsShown = page.getByRole('region', { name: '2 rows with an error' }).locator('tbody tr');
    assert.equal(await rowsShown.count(), 1, 'one problem is looked at alone');
    assert.match(await rowsShown.innerText(), /ben@[^]*Write one such as ana@example.com./);

    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download failed rows' }).click()]);
    const failed = await readFile(await download.path(), 'utf8');
    assert.match(failed, /^\ufeffEmail,First name,Surname,Job title,Favourite,_error\r\n/);
    assert.ok(failed.includes("ben@,Ben,Novak,Clerk,'=2+2,"), failed);

    const [all] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download all results' }).click()]);
    const results = await readFile(await all.path(), 'utf8');
    assert.match(results, /^\ufeffRow,Result,Name,Username,Email,Changed,Problem,Stays after the undo because\r\n2,Added,/);
    assert.ok(results.includes(`,${at('ana')},`) && /,Error,.*Enter an email address/.test(results), results);

    // Mended, the same file goes in: the row that is double is taken out.
    const mended = failed.split('\r\n').filter((line) => !line.includes('Again')).join('\r\n').replace('ben@', at('ben'));
    await page.getByRole('link', { name: 'Load a file' }).click();
    await page.getByLabel('Package').selectOption('Staff list');
    await page.getByLabel('Or paste rows').fill(`Email,Email\n${mended}`);
    await press(page, 'Upload');
    await page.getByRole('link', { name: /^Two columns are called Email/ }).click();
    const pasted = page.getByLabel('Or paste rows');
    assert.ok(await pasted.evaluate((field) => field === document.activeElement), 'the problem leads to where rows are pasted');
    assert.equal(await pasted.inputValue(), `Email,Email\n${mended}`.replaceAll('\r\n', '\n'), 'what was pasted is kept');
    await pasted.fill(mended);
    await press(page, 'Upload');
    await heading(page, 'Preview: Pasted rows');
    await page.getByText('Add 1 · Update 0 · No change 0 · Errors 0').waitFor();
    await press(page, 'Start the load');
    await finished(page, 'Succeeded');
    await remembered(page, look);
    await page.goto('/data-loader');
    await look(page, 'data-loader-packages');
    const history = page.getByRole('region', { name: 'History' });
    assert.equal(await history.getByRole('listitem').filter({ hasText: 'Package: Staff list' }).count(), 2);
    await listed(page, look, how.scripts !== false);
    await packaged(page, look, at('ana'));
    await undone(page, look);
  });
}

// A file that is too large to be looked at while somebody waits.
test('data loader: the preview of a large file comes by itself', async ({ page: open, program, shot }) => {
  await program.organization('Silo');
  const page = await open();
  await signIn(page, await program.newAdministrator('Silo'));
  const look = inspector(shot);
  const rows = Array.from({ length: 5_100 }, (_, i) => `crew${i}@silo.example,Crew,Member ${i}`);
  await page.goto('/data-loader/new');
  await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'crew.csv', mimeType: 'text/csv', buffer: Buffer.from(['Email,First name,Last name', ...rows].join('\n')) });
  await press(page, 'Upload');
  await heading(page, 'Map columns: crew.csv');
  await page.goto(`${page.url()}/preview`);
  await page.getByText('The rows have not been looked at').waitFor();
  await look(page, 'data-loader-not-looked');
  await press(page, 'Look at all rows');
  await page.getByText('Add 5100 · Update 0 · No change 0 · Errors 0').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Look again' }).waitFor();
  await look(page, 'data-loader-looked');
});

// What runs is followed without a new page: the focus stays where it was, each tenth
// is said and no more, and the tab says how much is done. A program sends the rows, so
// that the journey decides how far the load is.
test('data loader: a load that runs is followed', async ({ page: open, program, shot }) => {
  const { address, keeper, run } = await program.ownServer('Depot');
  const key = JSON.parse(await run(['keys', 'create', keeper.email, '--for', 'Feeder', '--json']));
  const send = async (path, body) => {
    const answer = await fetch(`${address}/api/v1/loads${path}`, {
      method: 'POST', body: body && JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'Sallyport-Access-Key': key.access_key, 'Sallyport-Secret-Key': key.secret_key },
    });
    assert.ok(answer.ok, `${answer.status} ${path}`);
    return answer.json();
  };
  const { id } = await send('', { name: 'crew.csv', target: 'people', column_names: ['Email', 'First name', 'Last name'], first_row: 2, total_rows: 1000 });
  const rows = (from, count) => send(`/${id}/rows`, {
    rows: Array.from({ length: count }, (_, i) => ({ row: from + i, cells: [`crew${from + i}@depot.example`, 'Crew', `Member ${from + i}`] })),
  });
  await rows(2, 300);
  const page = await open({ baseURL: address });
  await signIn(page, keeper);
  await page.goto(`/data-loader/runs/${id}`);
  await page.getByText('300 of 1000 rows').waitFor();
  assert.match(await page.title(), /^30% /);
  await inspector(shot)(page, 'data-loader-running');
  await page.evaluate(() => {
    window.said = [];
    const region = document.querySelector('[data-live]');
    new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
  });
  const stop = page.getByRole('button', { name: 'Stop', exact: true });
  await stop.focus();
  for (const [from, count, until] of [[302, 120, 420], [422, 50, 470]]) {
    await rows(from, count);
    await page.locator('[data-part=how-far]').getByText(`${until} of 1000 rows`).waitFor();
    assert.equal(await page.locator('progress').evaluate((bar) => bar.value), until);
  }
  assert.match(await page.title(), /^47% /);
  assert.deepEqual(await page.evaluate(() => window.said), ['420 of 1000 rows']);
  assert.ok(await stop.evaluate((button) => button === document.activeElement), 'the focus stays');
  await send(`/${id}/finish`);
  await finished(page, 'Succeeded');
});
