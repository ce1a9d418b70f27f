// An administrator's work in each language: nothing on the way is in another. In
// English every screen that no other journey looks at is looked at here.
import { MailServer } from '../support/smtp.mjs';
import { narrow } from '../support/bench.mjs';
import { fitsWidth } from '../support/checks.mjs';
import { inspector } from '../support/inspect.mjs';
import { testOnPair as test } from '../support/runner.mjs';
import { heading, press } from '../support/steps.mjs';
import { speaksSpanish, words } from '../support/words.mjs';

const security = '/admin/system-settings/setup/organizations-and-security/security';

// Tour is one administrator in one language.
class Tour {
  constructor(page, language, shot) {
    Object.assign(this, { page, t: words(language), spanish: language === 'es', shot, look: inspector(shot) });
  }

  // see looks at the page that is there; what others look at already only has to
  // be in the right language.
  async see(name, others = false) {
    if (this.spanish) {
      await speaksSpanish(this.page);
      await this.page.setViewportSize(narrow);
      await fitsWidth(this.page, `es-${name}, 320 px`);
      await this.shot(this.page, `es-${name}-320`);
      await this.page.setViewportSize({ width: 1280, height: 900 });
    } else if (!others) {
      await this.look(this.page, name);
    }
  }

  async open(path, name, others) {
    await this.page.goto(path);
    await this.see(name, others);
  }

  // done presses a button and waits for the line that says what came of it.
  async done(button, said) {
    await press(this.page, this.t(button));
    await this.page.getByText(this.t(said)).first().waitFor();
    if (this.spanish) {
      await speaksSpanish(this.page);
    }
  }

  async signIn(person) {
    const { page, t } = this;
    await page.goto('/signin');
    await page.getByLabel(t('signin.login')).fill(person.email);
    await page.getByLabel(t('signin.password'), { exact: true }).fill(person.password);
    await press(page, t('signin.submit'));
    await heading(page, t('account.home.title'));
  }
}

for (const [language, name] of [['en', 'English'], ['es', 'Spanish']]) {
  const begin = async (open, organization, program, shot) => {
    await program.organization(organization, '--language', language);
    const tour = new Tour(await open({ locale: language }), language, shot);
    await tour.signIn(await program.newAdministrator(organization));
    return tour;
  };

  test(`languages: people are added, helped and acted upon, in ${name}`, async ({ page: open, program, shot }) => {
    const organization = `Astrolabe ${name}`;
    const tour = await begin(open, organization, program, shot);
    const person = await program.newPerson({ organization });
    const { page, t } = tour;

    await tour.open('/admin/users/new', 'user-new', true);
    await page.getByLabel(t('account.profile.first_name'), { exact: true }).fill('Zoë');
    await page.getByLabel(t('account.profile.last_name'), { exact: true }).fill('Example');
    await press(page, t('users.save'));
    await page.getByRole('alert').waitFor();
    await tour.see('user-new-problem', true);
    await page.getByLabel(t('account.profile.email')).fill(`zoe.${language}@example.org`);
    await tour.done('users.save', 'users.done.added');

    await page.goto('/admin/users');
    await page.getByLabel(t('users.find')).fill(person.email);
    await press(page, t('users.find_button'));
    await page.locator('.row-menu summary').first().click();
    await tour.see('users-menu');
    await page.getByRole('link', { name: person.name, exact: true }).click();
    await heading(page, person.name);
    const at = new URL(page.url()).pathname.replace(/\/[a-z]+$/, '');
    for (const [tab, path] of [['profile', 'profile'], ['security', 'security'], ['activity', 'activity']]) {
      await tour.open(`${at}/${path}`, `user-${tab}`, true);
    }
    for (const [path, kind, said] of [
      ['send-link', 'link', 'link_sent'], ['enable-two-factor', 'enable', 'two_factor_on'], ['require-password', 'password', 'password_due'],
      ['sign-out', 'sign_out', 'signed_out'], ['deactivate', 'deactivate', 'deactivated'], ['reactivate', 'reactivate', 'reactivated'],
    ]) {
      await tour.open(`${at}/${path}`, path);
      await tour.done(`users.${kind}.button`, `users.done.${said}`);
    }
    await tour.open(`${at}/reset-two-factor`, 'reset-two-factor', true);
    await page.getByRole('radio', { name: t('helping.how.phone') }).check({ force: true });
    await tour.done('helping.reset.button', 'helping.done.reset');
    await tour.open(`${at}/exempt`, 'exempt', true);
    await page.getByLabel(t('helping.exempt.reason')).fill('…');
    await page.getByLabel(t('helping.exempt.until')).fill(new Date(Date.now() + 86_400_000).toISOString().slice(0, 10));
    await tour.done('helping.exempt.button', 'helping.done.exempted');
    await tour.open('/admin/exemptions', 'exemptions', true);
    await tour.open(`${at}/activity`, 'user-activity');

    await tour.open('/admin/users', 'users', true);
    await page.getByLabel(t('bulk.action'), { exact: true }).selectOption({ label: t('bulk.action.sign_out') });
    await press(page, t('bulk.for_everybody', { count: 3 }));
    await heading(page, t('bulk.review.title', { action: t('bulk.action.sign_out') }));
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    await tour.see('bulk-review', true);
    await press(page, t('bulk.action.sign_out'));
    await page.getByRole('heading', { name: t('bulk.state.done'), exact: true }).waitFor({ timeout: 30_000 });
    await tour.see('bulk-result', true);
    await tour.open('/admin/users/bulk', 'bulk-jobs', true);
    await tour.open('/admin/users/export', 'users-export', true);
  });

  test(`languages: groups, settings and the log, in ${name}`, async ({ page: open, program, shot }) => {
    const tour = await begin(open, `Sextant ${name}`, program, shot);
    const { page, t } = tour;
    await tour.open('/admin', 'control-panel', true);
    await tour.open('/admin/system-settings', 'system-settings');
    await tour.open('/admin/system-settings/setup', 'system-setup', true);
    await tour.open('/admin/groups/new', 'group-new', true);
    await page.getByLabel(t('groups.name'), { exact: true }).fill('Zeta');
    await tour.done('groups.new.button', 'groups.done.made');
    const group = new URL(page.url()).pathname;
    await tour.see('group', true);
    await tour.open(`${group}/exempt`, 'group-exempt');
    await page.getByLabel(t('helping.exempt.reason')).fill('…');
    await page.getByLabel(t('helping.exempt.until')).fill(new Date(Date.now() + 86_400_000).toISOString().slice(0, 10));
    await tour.done('helping.exempt.button', 'helping.done.exempted');
    await tour.open('/admin/groups', 'groups', true);
    await tour.open(`${group}/delete`, 'group-delete', true);
    await tour.done('groups.delete.button', 'groups.done.deleted');

    await tour.open(security, 'security', true);
    await tour.open(security.replace(/security$/, 'general'), 'general', true);
    await tour.open(`${security}/ask-again`, 'ask-again');
    await tour.done('admin.setting.ask_again', 'admin.done.asked_again');
    await tour.open(`${security}/reset-passwords`, 'reset-passwords');
    await tour.done('admin.setting.reset_passwords', 'admin.done.passwords_reset');
    await page.getByLabel(t('admin.setting.require_two_factor'), { exact: true }).check();
    await page.getByRole('region', { name: t('rehearsal.heading') }).getByText(t('rehearsal.nobody')).first().waitFor();
    await tour.see('what-will-happen', true);
    await tour.done('admin.organization.save', 'admin.done.required');
    await tour.open('/admin/rehearsal?require_two_factor=on', 'rehearsal-nobody');

    await tour.open('/admin/audit', 'audit', true);
    for (const details of await page.locator('main summary').all()) {
      await details.click();
    }
    await tour.see('audit-all-details');
    await page.getByLabel(t('activity.kind'), { exact: true }).selectOption({ label: t('activity.group.two_factor') });
    await press(page, t('activity.show'));
    await tour.see('audit-filtered', true);
    await press(page, t('admin.audit.verify'));
    await tour.see('audit-verified', true);
    await tour.open('/admin/audit/export', 'audit-export', true);
  });

  test(`languages: mail settings, in ${name}`, async ({ page: open, program, shot }) => {
    const mail = await MailServer.start();
    try {
      const { address, keeper } = await program.ownServer(`mail-${language}`, { settings: ['--language', language], dev: false });
      const page = await open({ baseURL: address, locale: language });
      const tour = new Tour(page, language, shot);
      const { t } = tour;
      await tour.signIn(keeper);
      await tour.open('/admin/system-settings/email', 'email-none');
      await tour.open('/admin/system-settings/email/servers/first', 'email-server');
      await page.getByLabel(t('admin.email.host'), { exact: true }).fill('127.0.0.1');
      await page.getByLabel(t('admin.email.port'), { exact: true }).fill('1');
      await press(page, t('admin.email.save'));
      await page.getByRole('alert').waitFor();
      await tour.see('email-server-problem');
      await page.getByLabel(t('admin.email.port'), { exact: true }).fill(String(mail.port));
      await tour.done('admin.email.save', 'admin.done.email_saved');
      await press(page, t('admin.email.send_test'));
      await page.getByRole('heading', { name: t('admin.email.steps') }).waitFor();
      await tour.see('email-test');
      await tour.open('/admin/system-settings/email', 'email-one');
      await tour.open('/admin/system-settings/email/sender', 'email-sender');
      await tour.open('/admin', 'control-panel-own', true);
    } finally {
      mail.stop();
    }
  });
}
