// Schedules of the Data Loader: a watched folder takes what is put into it, a schedule
// that fails says why and stops when it is told to, and where the operator named no
// place the page says so.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { test } from '../support/runner.mjs';
import { heading, pick, press, signIn } from '../support/steps.mjs';

// put puts a file into a folder that has not changed for a minute.
async function put(folder, name, text) {
  const file = join(folder, name);
  await writeFile(file, text);
  const then = new Date(Date.now() - 60_000);
  await utimes(file, then, then);
}

// packaged keeps a package of a file with three columns.
async function packaged(page) {
  await page.goto('/data-loader/new');
  await page.getByLabel('Or paste rows').fill('Email,First name,Last name\nown@example.org,Olga,Own\n');
  await press(page, 'Upload');
  await heading(page, 'Map columns: Pasted rows');
  await press(page, 'Preview');
  await page.getByRole('link', { name: 'Save as package' }).click();
  await page.getByLabel('Name of the package').fill('Staff list');
  await press(page, 'Save package');
  await page.getByText('The package is saved.').waitFor();
}

for (const [where, how] of [['on a desk', {}], ['on a phone, without scripts', { size: phone, touch: true, scripts: false }]]) {
  test(`data loader: schedules, ${where}`, async ({ page: open, program, shot }) => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-inbox-'));
    try {
      const { address, keeper, run } = await program.ownServer(how.size ? 'Inbox-phone' : 'Inbox', {
        env: { SALLYPORT_FOLDER_INBOX_PATH: folder },
      });
      const page = await open({ baseURL: address, ...how });
      const look = how.size ? async () => {} : inspector(shot);
      await signIn(page, keeper);
      await page.goto('/data-loader');
      await page.getByRole('link', { name: 'Schedules', exact: true }).click();
      await heading(page, 'Schedules');
      await page.getByText('There are no schedules.').waitFor();
      await look(page, 'data-loader-schedules-empty');
      await page.getByRole('link', { name: 'New schedule' }).click();
      await heading(page, 'New schedule');
      await page.getByText('Save a package: it says what the columns of a file are.').waitFor();
      await page.getByText('Make an API key of your own that loads.').waitFor();
      await look(page, 'data-loader-schedule-needs');

      await packaged(page);
      await run(['keys', 'create', keeper.email, '--for', 'Nightly loader']);
      await page.goto('/data-loader/schedules/new');
      await page.getByLabel('Source').selectOption('Whatever is put into the folder inbox');
      await page.getByLabel('File', { exact: true }).fill('../staff.csv');
      await press(page, 'Save schedule');
      await page.getByRole('alert').getByText('Write the name of a file in the folder itself').waitFor();
      await look(page, 'data-loader-schedule-wrong');
      await page.getByLabel('File', { exact: true }).fill('*.csv');
      await press(page, 'Save schedule');
      await page.getByText('The schedule was saved.').waitFor();

      await put(folder, 'staff.csv', 'Email,First name,Last name\nolga@example.org,Olga,Own\npaul@example.org,Paul,Own\n');
      for (const end = Date.now() + 60_000; (await readdir(folder)).includes('staff.csv'); await wait(200)) {
        assert.ok(Date.now() < end, 'the file is taken');
      }
      assert.match((await readdir(join(folder, 'taken')))[0], /-staff\.csv$/);
      for (const end = Date.now() + 30_000; await page.getByText('Succeeded').count() === 0; await wait(500)) {
        assert.ok(Date.now() < end, 'the load succeeds');
        await page.goto('/data-loader/schedules');
      }
      await page.goto('/admin/users?q=olga');
      await page.getByText('olga@example.org').first().waitFor();

      await page.goto('/data-loader/schedules/new');
      await page.getByLabel('Source').selectOption('A file in the folder inbox');
      await page.getByLabel('File', { exact: true }).fill('nightly.txt');
      await pick(page, /^Every week/);
      await page.getByLabel('Time', { exact: true }).fill('06:30');
      await page.getByLabel('Day of the week, where it is every week').selectOption('Friday');
      await press(page, 'Save schedule');
      const row = page.getByRole('listitem').filter({ hasText: 'inbox: nightly.txt' });
      await row.getByText('Every week on Friday at 06:30.').waitFor();
      assert.equal(await row.locator('time').count(), 3, 'the next three times are shown');
      await look(page, 'data-loader-schedules');
      await row.getByRole('link', { name: 'Edit inbox: nightly.txt' }).click();
      await heading(page, 'Change a schedule');
      assert.ok(await page.getByLabel('Every week', { exact: true }).isChecked(), 'when it runs is found again');
      await look(page, 'data-loader-schedule');
      await page.goBack();
      await put(folder, 'nightly.txt', 'Email,First name,Last name\nrosa@example.org,Rosa,Own\n');
      await row.getByRole('button', { name: 'Run now inbox: nightly.txt' }).click();
      await page.getByText('It is loaded now.').waitFor();
      for (const end = Date.now() + 60_000; await row.getByText('Succeeded').count() === 0; await wait(500)) {
        assert.ok(Date.now() < end, 'its turn comes at once');
        await page.goto('/data-loader/schedules');
      }
      await row.getByRole('button', { name: 'Stop inbox: nightly.txt' }).click();
      await page.getByText('The schedule was stopped.').waitFor();
      await row.getByText('Stopped', { exact: true }).waitFor();
      await row.getByRole('button', { name: 'Resume inbox: nightly.txt' }).click();
      await page.getByText('The schedule goes on.').waitFor();
      await row.locator('summary').click();
      await row.getByRole('button', { name: 'Delete schedule inbox: nightly.txt' }).click();
      await page.getByText('The schedule was deleted.').waitFor();
      assert.equal(await row.count(), 0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

// The operator's database is a real one; the rows need no table in it.
if (process.env.SALLYPORT_TEST_POSTGRES) {
  test('data loader: rows of a database', async ({ page: open, program, shot }) => {
    const { address, keeper } = await program.ownServer('Databank', {
      env: { SALLYPORT_SOURCE_PAYROLL_URL: process.env.SALLYPORT_TEST_POSTGRES },
    });
    const page = await open({ baseURL: address });
    const look = inspector(shot);
    await signIn(page, keeper);
    await page.goto('/data-loader/new');
    await page.getByRole('link', { name: 'Load from a database' }).click();
    await heading(page, 'Load from a database');
    await look(page, 'data-loader-query');
    await page.getByLabel('Query').fill('SELECT mail FROM nowhere');
    await press(page, 'Get the rows');
    await page.getByRole('alert').getByText('The database says about the query').waitFor();
    assert.equal(await page.getByLabel('Query').inputValue(), 'SELECT mail FROM nowhere', 'what was typed is kept');
    await look(page, 'data-loader-query-wrong');
    await page.getByLabel('Query').fill(`SELECT 'vera@example.org' AS "Email", 'Vera' AS "First name", 'Own' AS "Last name"`);
    await press(page, 'Get the rows');
    await heading(page, 'Map columns: payroll.csv');
    await press(page, 'Preview');
    await page.getByText('Preview: nothing has been saved').waitFor();
    await press(page, 'Start the load');
    for (const end = Date.now() + 60_000; await page.getByText('Succeeded').count() === 0; await wait(500)) {
      assert.ok(Date.now() < end, 'the rows are loaded');
      await page.reload();
    }
    await page.goto('/admin/users?q=vera');
    await page.getByText('vera@example.org').first().waitFor();
  });
}

test('data loader: schedules where the operator named no place', async ({ page: open, program, shot }) => {
  await program.organization('Shelfless');
  const keeper = await program.newAdministrator('Shelfless');
  const page = await open();
  await signIn(page, keeper);
  await page.goto('/data-loader/schedules');
  await page.getByText('No folder and no database is there to load from.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'New schedule' }).count(), 0);
  const look = inspector(shot);
  await look(page, 'data-loader-schedules-none');
  await page.goto('/data-loader/query');
  await page.getByText('No database is there to load from.').waitFor();
  await look(page, 'data-loader-query-none');
});
