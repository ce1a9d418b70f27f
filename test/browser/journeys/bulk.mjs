// Actions for many people: from the list over the review to the result.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import { heading, press, signIn } from '../support/steps.mjs';

// finished waits until a job is over, over as many refreshes as it takes.
const finished = (page, state) => page.getByRole('heading', { name: state, exact: true }).waitFor({ timeout: 30_000 });

for (const [where, how] of [['on a desk', {}], ['on a phone, without scripts', { size: phone, touch: true, scripts: false }]]) {
  test(`bulk: all that match, reviewed, done, ${where}`, async ({ page: open, program, picture }) => {
    const name = how.size ? 'Dolphin Street' : 'Dolphin';
    const shoot = how.size ? async () => {} : picture;
    await program.organization(name);
    const keeper = await program.newAdministrator(name);
    const people = [];
    for (let i = 0; i < 4; i++) {
      people.push(await program.newPerson({ organization: name }));
    }
    const invited = await program.newPerson({ organization: name, invited: true });
    const victim = await open();
    await signIn(victim, people[0]);

    const page = await open(how);
    await signIn(page, keeper);
    await page.goto('/admin/users');
    await press(page, 'For the people ticked');
    await page.getByRole('alert').waitFor();
    await page.goto('/admin/users?type=user');
    await shoot(page, 'bulk-list');
    await page.getByLabel('Action for many people').selectOption('Sign out everywhere');
    await press(page, 'For all 5 that match');
    await heading(page, 'Sign out everywhere: review');
    await page.getByRole('heading', { name: '4 people are affected' }).waitFor();
    await page.getByText('They do not sign in: deactivated, invited, or No Access.').waitFor();
    await shoot(page, 'bulk-review');
    await press(page, 'Sign out everywhere');
    await heading(page, 'Sign out everywhere for many people');
    await finished(page, 'Done');
    await shoot(page, 'bulk-result');

    await victim.goto('/account/profile');
    await heading(victim, 'Sign in');

    // A second job, of ticked people.
    await page.goto('/admin/users');
    await page.getByLabel(`Select ${people[1].name}`).check();
    await page.getByLabel(`Select ${invited.name}`).check();
    await page.getByLabel('Action for many people').selectOption('Deactivate');
    await press(page, 'For the people ticked');
    await page.getByRole('heading', { name: '2 people are affected' }).waitFor();
    await press(page, 'Deactivate');
    await finished(page, 'Done');
    await page.goto('/admin/users?status=inactive');
    await page.getByRole('link', { name: people[1].name, exact: true }).waitFor();
    await page.goto('/admin/users/bulk');
    await heading(page, 'Actions for many people');
    assert.equal(await page.getByRole('main').getByRole('listitem').filter({ hasText: 'Done:' }).count(), 2);
  });
}

test('bulk: a type is asked for, the file has everybody, every screen', async ({ page: open, program, shot }) => {
  await program.organization('Weir');
  const keeper = await program.newAdministrator('Weir');
  const person = await program.newPerson({ organization: 'Weir' });
  const page = await open();
  await signIn(page, keeper);
  const look = inspector(shot);
  await page.goto('/admin/users');
  await look(page, 'bulk-form');
  await page.getByLabel('Action for many people').selectOption('Change type');
  await press(page, 'For all 2 people');
  await page.getByRole('group', { name: 'New user type' }).waitFor();
  await look(page, 'bulk-type');
  await press(page, 'Continue');
  await page.getByRole('alert').waitFor();
  await page.getByRole('radio', { name: /^Help desk/ }).check({ force: true });
  await press(page, 'Continue');
  await page.getByRole('heading', { name: '1 person is affected' }).waitFor();
  await look(page, 'bulk-review');
  await press(page, 'Change type');
  await finished(page, 'Done');
  await look(page, 'bulk-result');
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download result (CSV)' }).click();
  const text = await readFile(await (await waiting).path(), 'utf8');
  assert.match(text, /^\uFEFFName,Email,Result,Reason,When\r\n/);
  assert.match(text, new RegExp(`${person.name},${person.email},Done,,`));
  assert.match(text, /You cannot do this to yourself\./);
  await page.goto('/admin/users/bulk');
  await look(page, 'bulk-jobs');
});
