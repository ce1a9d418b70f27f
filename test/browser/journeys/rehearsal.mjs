// Rehearsal and switch: who would be stuck is seen before Save, mended by the link
// beside the name, and signs in with the second step once it is required.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { phone } from '../support/bench.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import { chooseMethod, heading, password, press, signIn, signOut, typeCode } from '../support/steps.mjs';

const security = '/admin/system-settings/setup/organizations-and-security/security';
const requirement = 'Require Two-Factor Authentication';

// askForLink has the person ask for a link to a mailbox that does not exist.
async function askForLink(page, person) {
  await page.goto('/password/forgot');
  await page.getByLabel('Username or email').fill(person.email);
  await press(page, 'Send Link');
}

// rehearse ticks the requirement and looks at what will happen until a sentence is
// there: a mail server's refusal takes a moment to be known.
async function rehearse(page, sentence, scripts) {
  const section = page.getByRole('region', { name: 'What will happen' });
  for (const end = Date.now() + 30_000; ; await wait(250)) {
    await page.goto(security);
    await page.getByRole('checkbox', { name: requirement }).check();
    if (scripts) {
      await section.getByText(/^\d+ (person|people) can sign in\./).waitFor();
    } else {
      await press(page, 'See what will happen');
    }
    if ((await section.getByText(sentence).count()) > 0) {
      return section;
    }
    assert.ok(Date.now() < end, `"${sentence}" under "What will happen"`);
  }
}

for (const [where, how] of [['on a desk', { scripts: true }], ['on a phone, without scripts', { size: phone, touch: true, scripts: false }]]) {
  test(`rehearsal: who is stuck is mended before the switch, ${where}`, async ({ page: open, program, shot }) => {
    const look = how.scripts ? inspector(shot) : shot;
    const name = `Towpath ${where}`;
    await program.organization(name);
    const [keeper, other] = [await program.newAdministrator(name), await program.newPerson({ organization: name })];
    const person = await program.newPerson({ organization: name, email: `robin-${how.scripts ? 'desk' : 'phone'}@towpath.invalid` });
    await askForLink(await open(how), person);

    const page = await open(how);
    await signIn(page, keeper);
    const section = await rehearse(page, '1 person could not sign in', how.scripts);
    const row = section.getByRole('listitem').filter({ hasText: person.name });
    await row.getByText('The mail server refused this email address lately.').waitFor();
    assert.equal(await section.getByText(other.name).count(), 0, 'whoever could sign in is not listed');
    await look(page, `what-will-happen-stuck-${how.scripts ? 'desk' : 'phone'}`);
    await page.goto('/admin/rehearsal?require_two_factor=on');
    await heading(page, 'Who could not sign in');
    await look(page, `who-is-stuck-${how.scripts ? 'desk' : 'phone'}`);

    // The link beside the name leads to what mends it.
    await page.getByRole('link', { name: `Change the email address ${person.name}` }).click();
    await heading(page, person.name);
    person.email = person.email.replace('.invalid', '.example.org');
    await page.getByLabel('Email Address').fill(person.email);
    await press(page, 'Save');
    await page.getByRole('status').first().waitFor();
    await rehearse(page, 'Everybody could sign in.', how.scripts);
    await look(page, `what-will-happen-mended-${how.scripts ? 'desk' : 'phone'}`);
    await press(page, 'Save');
    await page.getByText(/^Two-factor authentication is now required\. 3 people will be asked/).waitFor();

    // The switch binds them at the next sign-in, and there is a way in.
    const persons = await open(how);
    await persons.goto('/signin');
    await password(persons, person);
    await chooseMethod(persons, 'Email');
    await typeCode(persons, await program.mailbox.code(person.email));
    await heading(persons, 'Add an authenticator app?');
    await press(persons, 'Not now');
    await heading(persons, 'Home');
    await signOut(persons, person);
  });
}
