package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 23, 10, 42, 30, 0, time.UTC)

// fixedCode composes the same code for every challenge.
type fixedCode string

func (c fixedCode) Compose(core.Challenge) (string, error) { return string(c), nil }

// fixedToken is the token of every link.
type fixedToken string

func (f fixedToken) AlarmToken(core.ID) (string, error) { return string(f), nil }

func (f fixedToken) UndoToken(core.ID) (string, error) {
	return "0g4fhk2x9pqdm4tw3ra7hk2x9p.k1.Wd1kq0yUuXqz_5TnC3rV2wWd1kq0yUuXqz_5TnC3rV2", nil
}

func (f fixedToken) CancelToken(core.ID) (string, error) { return string(f), nil }

func (f fixedToken) LinkToken(core.Link) (string, error) {
	return "0k9v2m4q6s8t1b3d5f7h9jak2l4n6p8r0t2u4v6g8h0j2k4m6n8p", nil
}

func renderer(t *testing.T, s mail.Settings) *mail.Renderer {
	t.Helper()
	c, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	if s.BaseURL == "" {
		s.BaseURL = "https://id.northwind.example"
	}
	r, err := mail.NewRenderer(c, fixedCode("482913"), fixedToken("0g4fhk2x9pqdm4tw3ra7hk2x9p.k1.Wd1kq0yUuXqz_5TnC3rV2w"), func() time.Time { return now }, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func job(template core.Template) core.MailJob {
	return core.MailJob{
		Message:      core.Message{ID: "0abc123", Template: template},
		User:         core.User{Email: "ana@northwind.example", FirstName: "Ana", Type: core.Ordinary, TimeZone: "Europe/London"},
		Organization: core.Organization{Name: "Northwind", Help: "Ben in room 4\nhelp@northwind.example"},
		Challenge: core.Challenge{
			Purpose: core.PurposeSignIn, Reference: "KRQD", Issue: 1, IssuedAt: now.Add(-20 * time.Second),
			Address: "ana@northwind.example",
		},
		Event: core.Event{
			ID: "e1", At: now.Add(-time.Minute), Detail: map[string]string{},
			Origin: core.Origin{Device: "Firefox on Windows", Network: "203.0.113.0/24"},
		},
	}
}

func event(template core.Template, kind string, change ...func(*core.MailJob)) core.MailJob {
	j := job(template)
	j.Event.Kind = kind
	for _, c := range change {
		c(&j)
	}
	return j
}

func linked(template core.Template, change ...func(*core.MailJob)) core.MailJob {
	return event(template, core.EventLinkMade, append(change, func(j *core.MailJob) {
		j.Link.Kind, j.Link.ExpiresAt = core.LinkReset, now.Add(29*time.Minute)
		if template == core.MailWelcome {
			j.Link.Kind, j.Link.ExpiresAt, j.Event.Origin = core.LinkInvitation, now.Add(7*24*time.Hour), core.Origin{}
		}
	})...)
}

func purpose(p core.Purpose) core.MailJob {
	j := job(core.MailCode)
	j.Challenge.Purpose = p
	return j
}

func target(name string) func(*core.MailJob) {
	return func(j *core.MailJob) { j.Event.Target = name }
}

func detail(name, value string) func(*core.MailJob) {
	return func(j *core.MailJob) { j.Event.Detail[name] = value }
}

func to(r core.Recipient) func(*core.MailJob) {
	return func(j *core.MailJob) { j.Message.Recipient = r }
}

// moved tells that the sign-in address was changed a minute ago.
func moved(r core.Recipient, change ...func(*core.MailJob)) core.MailJob {
	return event(core.MailEmailChanged, core.EventEmailChanged, append([]func(*core.MailJob){
		to(r), target("ana@new.example"), detail(core.DetailReplaced, "ana@northwind.example"),
		func(j *core.MailJob) {
			j.User.Email, j.User.PreviousEmail = "ana@new.example", "ana@northwind.example"
			j.User.PreviousEmailUntil = j.Event.At.Add(core.PreviousEmailLife)
		},
	}, change...)...)
}

// back tells that the change was taken back.
func back(r core.Recipient) core.MailJob {
	return event(core.MailEmailBack, core.EventEmailRestored, to(r), target("ana@northwind.example"), detail(core.DetailReplaced, "ana@new.example"))
}

// byHelper: an administrator did it, after a call.
func byHelper(j *core.MailJob) {
	j.Event.Actor = core.Actor{Kind: "person", ID: "hal", Name: "Hal Young"}
	j.Event.Detail[core.DetailHow], j.Event.Detail[core.DetailNote] = "phone", "knows the name of her first dog"
}

// aboutOther: it is about somebody else than the reader, who administers.
func aboutOther(j *core.MailJob) {
	j.Event.SubjectID, j.Event.Target = "0bea", "bea@northwind.example"
	j.User.ID, j.User.Type = "0ana", core.Administrator
}

// everyMail is each email there is, under the name of its golden file.
func everyMail() map[string]core.MailJob {
	byOperator := func(j *core.MailJob) {
		j.Event.Actor.Kind = "operator"
		j.Event.Origin = core.Origin{}
		j.User.Type = core.Administrator
		j.Organization.Help = ""
	}
	return map[string]core.MailJob{
		"e1_signin":          purpose(core.PurposeSignIn),
		"e1_confirm":         purpose(core.PurposeConfirm),
		"e1_enrol":           purpose(core.PurposeEnrol),
		"e1_resume":          purpose(core.PurposeResume),
		"e2_new_browser":     event(core.MailNewBrowser, core.EventSignInCompleted),
		"e4_password":        event(core.MailPassword, core.EventPasswordChanged),
		"e3_reset":           linked(core.MailReset),
		"e3_attacked":        linked(core.MailReset, detail(core.DetailBySelf, "yes")),
		"e3_sent_by":         linked(core.MailReset, func(j *core.MailJob) { j.Link.Inviter = "Ben <b> & Söhne" }),
		"e4_reset":           event(core.MailPassword, core.EventPasswordReset),
		"e19_invitation":     linked(core.MailWelcome),
		"e19_invited_by":     linked(core.MailWelcome, func(j *core.MailJob) { j.Link.Inviter = "Ben <b> & Söhne" }),
		"e2_new_network":     event(core.MailNewBrowser, core.EventSignInCompleted, detail(core.DetailNewNetwork, "yes")),
		"e5_address":         purpose(core.PurposeAddress),
		"e5_notification":    purpose(core.PurposeNotify),
		"e6_before":          moved(core.ToReplaced),
		"e6_before_not_held": moved(core.ToReplaced, func(j *core.MailJob) { j.User.PreviousEmail = "" }),
		"e6_new":             moved(core.ToLogin),
		"e6_new_not_held":    moved(core.ToLogin, func(j *core.MailJob) { j.User.PreviousEmail = "" }),
		"e6_notification":    moved(core.ToNotification),
		"e24_here":           back(core.ToLogin),
		"e24_gone":           back(core.ToReplaced),
		"e24_notification":   back(core.ToNotification),
		"e25_login":          event(core.MailNotification, core.EventNotifyChanged, target("ana@home.example")),
		"e25_here":           event(core.MailNotification, core.EventNotifyChanged, target("ana@home.example"), to(core.ToNotification)),
		"e25_gone":           event(core.MailNotification, core.EventNotifyChanged, target("ana@home.example"), to(core.ToReplaced)),
		"e25_removed":        event(core.MailNotification, core.EventNotifyRemoved, target("ana@home.example")),
		"e7_on":              event(core.MailTwoFactorOn, core.EventTwoFactorOn, target("Pixel <9> & co")),
		"e7_app_added":       event(core.MailTwoFactorOn, core.EventAppAdded, target("Pixel 9")),
		"e7_app_activated":   event(core.MailTwoFactorOn, core.EventAppActivated),
		"e8_off":             event(core.MailTwoFactorOff, core.EventTwoFactorOff),
		"e8_off_now":         event(core.MailTwoFactorOff, core.EventTwoFactorOffNow),
		"e8_app_removed":     event(core.MailTwoFactorOff, core.EventAppRemoved, target("Pixel 9")),
		"e9_recovery_used":   event(core.MailRecoveryUsed, core.EventRecoveryUsed, func(j *core.MailJob) { j.RecoveryLeft = 1 }),
		"e10_pause":          event(core.MailPauseStarted, core.EventPauseStarted, target("203.0.113.0/24"), detail(core.DetailUntil, "2026-11-23T11:42:00Z"), detail(core.DetailNote, "<monthly> load & co")),
		"e11_time": event(core.MailPauseEnded, core.EventPauseEnded, target("203.0.113.0/24"), detail(core.DetailReason, "time"), detail(core.DetailSignIns, "3"),
			detail(core.DetailLastUsed, "2026-11-23T10:40:00Z"), func(j *core.MailJob) { j.Event.Origin, j.Event.Actor.Kind = core.Origin{}, "system" }),
		"e11_owner":   event(core.MailPauseEnded, core.EventPauseEnded, target("203.0.113.0/24"), detail(core.DetailReason, "owner"), detail(core.DetailSignIns, "0")),
		"e11_account": event(core.MailPauseEnded, core.EventPauseEnded, target("203.0.113.0/24"), detail(core.DetailReason, "password_changed"), detail(core.DetailSignIns, "1")),
		"e15_key":     event(core.MailKeyMade, core.EventAPIKeyMade, target("Staff <list> & co"), detail(core.DetailAccess, "spk_7q2m7q2m7q2m7q2m"), detail(core.DetailUntil, "2027-11-23T10:42:00Z")),
		"e15_helped":  event(core.MailKeyMade, core.EventAPIKeyMade, byHelper, target("Staff list"), detail(core.DetailAccess, "spk_7q2m7q2m7q2m7q2m"), detail(core.DetailUntil, "2027-11-23T10:42:00Z")),
		"e16_key": event(core.MailKeyExpiring, core.EventAPIKeyExpiring, target("Staff list"), detail(core.DetailAccess, "spk_7q2m7q2m7q2m7q2m"), detail(core.DetailUntil, "2026-11-30T10:42:00Z"), detail(core.DetailDays, "7"),
			func(j *core.MailJob) { j.Event.Origin, j.Event.Actor.Kind = core.Origin{}, "system" }),
		"e17_key": event(core.MailKeyDeleted, core.EventAPIKeyDeleted, target("Staff list"), detail(core.DetailAccess, "spk_7q2m7q2m7q2m7q2m")),
		"e32_app_password": event(core.MailAppPasswordMade, core.EventAppPasswordMade, target("Old <loader> & co"), detail(core.DetailUntil, "2027-02-21T10:42:00Z"),
			detail(core.DetailFor, "Scorecard"), detail(core.DetailNetwork, "203.0.113.0/24")),
		"e32_anywhere":     event(core.MailAppPasswordMade, core.EventAppPasswordMade, target("Old loader"), detail(core.DetailUntil, "2027-02-21T10:42:00Z")),
		"e33_app_password": event(core.MailAppPasswordGone, core.EventAppPasswordGone, target("Old loader")),
		"e35_app_password": event(core.MailAppPasswordEnds, core.EventAppPasswordEnds, target("Old <loader> & co"), detail(core.DetailUntil, "2026-11-30T10:42:00Z"),
			detail(core.DetailFor, "Scorecard"), detail(core.DetailNetwork, "203.0.113.0/24"), detail(core.DetailDays, "7"),
			func(j *core.MailJob) { j.Event.Origin, j.Event.Actor.Kind = core.Origin{}, "system" }),
		"e18_load": event(core.MailLoadFailed, core.EventLoadEnded, target("staff <2026> & co.csv"), detail("load", "01J9"), detail(core.DetailReason, core.LoadAbsentMany),
			detail("added", "1200"), detail("updated", "11840"), detail("unchanged", "34"), detail("rejected", "0")),
		"e34_load": event(core.MailLoadDone, core.EventLoadEnded, target("staff <2026> & co.csv"), detail("load", "01J9"), detail(core.DetailStarted, "2026-11-23T10:02:11Z"),
			detail("added", "1200"), detail("updated", "11840"), detail("unchanged", "34"), detail("rejected", "1"), detail("deactivated", "12"),
			func(j *core.MailJob) { j.Event.Actor.Name = "Ana <b> Diaz" }),
		"e34_whole": event(core.MailLoadDone, core.EventLoadEnded, target("staff.csv"), detail("load", "01J9"), detail(core.DetailStarted, "2026-11-23T10:02:11Z"),
			detail("added", "0"), detail("updated", "3"), detail("unchanged", "0"), detail("rejected", "0"), detail("deactivated", "0")),
		"e18_abandoned": event(core.MailLoadFailed, core.EventLoadEnded, target("staff.csv"), detail("load", "01J9"), detail(core.DetailReason, "table.changed"),
			func(j *core.MailJob) { j.Event.Actor = core.Actor{Kind: "system"} }),
		"e18_schedule": event(core.MailLoadFailed, core.EventScheduleFailed, target("inbox: *.csv"), detail(core.DetailReason, "schedule.file_gone"),
			detail(core.DetailReasonWith, `{"name":"staff <2026>.csv"}`)),
		"e18_stopped":      event(core.MailLoadFailed, core.EventScheduleStopped, target("payroll"), detail(core.DetailReason, "source.slow"), detail(core.DetailReasonWith, `{"wait":60000000000}`)),
		"e26_recovery_new": event(core.MailRecoveryRenewed, core.EventRecoveryRenewed),
		"e23_alarm":        event(core.MailAlarmRaised, core.EventNotYou),
		"e12_code_wrong":   event(core.MailCodeWrong, core.EventSecondStepsFailed),
		"e13_required":     required(now.Add(-time.Minute)),
		"e13_from":         required(now.AddDate(0, 0, 7)),
		"e13_apps_only": required(now, func(j *core.MailJob) {
			j.Organization.Policy.AppsOnly, j.Organization.Policy.EnforceExistingFrom = true, now
		}),
		"e13_exempt":         required(now.Add(-time.Minute), func(j *core.MailJob) { j.ExemptUntil = now.AddDate(0, 0, 30) }),
		"e14_reset":          event(core.MailFactorReset, core.EventTwoFactorReset, byOperator),
		"e14_helped":         event(core.MailFactorReset, core.EventTwoFactorReset, byHelper),
		"e14_administrators": event(core.MailFactorReset, core.EventTwoFactorReset, byHelper, aboutOther),
		"e27_waits":          event(core.MailResetWaits, core.EventResetWaits, byHelper, detail(core.DetailUntil, "2026-11-24T10:42:00Z")),
		"e27_administrators": event(core.MailResetWaits, core.EventResetWaits, byHelper, aboutOther, detail(core.DetailUntil, "2026-11-24T10:42:00Z")),
		"e28_cancelled":      event(core.MailResetStopped, core.EventResetStopped),
		"e28_system":         event(core.MailResetStopped, core.EventResetStopped, func(j *core.MailJob) { j.Event.Actor.Kind = "system" }),
		"e28_administrators": event(core.MailResetStopped, core.EventResetStopped, aboutOther),
		"e20_deactivated":    event(core.MailDeactivated, core.EventUserDeactivated, byHelper),
		"e29_address":        event(core.MailAdministered, core.EventUserChanged, byHelper, detail("email_after", "ana@moved.example")),
		"e29_rights":         event(core.MailAdministered, core.EventUserChanged, byHelper, detail("type_after", "help-desk"), detail("username_after", "ana")),
		"e29_reactivated":    event(core.MailAdministered, core.EventUserReactivated, byHelper),
		"e29_password":       event(core.MailAdministered, core.EventPasswordRequired, byHelper),
		"e29_two_factor":     event(core.MailAdministered, core.EventTwoFactorAsked, byHelper),
		"e29_signed_out":     event(core.MailAdministered, core.EventSessionEnded, byHelper, detail("devices", "yes")),
		"e30_remind":         event(core.MailRemind, core.EventTwoFactorReminded, byHelper),
		"e31_bulk_reset":     event(core.MailBulkReset, core.EventBulkStarted, byHelper, detail("people", "340")),
		"e21_device_ended":   event(core.MailDeviceEnded, core.EventDeviceReplayed, target("Safari on iPhone")),
		"e22_paused_app":     event(core.MailFactorPaused, core.EventFactorPaused, detail(core.DetailMethod, "app")),
		"e22_blocked_app":    event(core.MailFactorPaused, core.EventFactorPaused, detail(core.DetailBlocked, "yes")),
		"e22_paused_email":   event(core.MailFactorPaused, core.EventFactorPaused, detail(core.DetailMethod, "email")),
		"e22_paused_backup":  event(core.MailFactorPaused, core.EventFactorPaused, detail(core.DetailMethod, "recovery")),
		"test":               job(core.MailTest),
	}
}

// required is the mail to everybody of a requirement that begins at from.
func required(from time.Time, changes ...func(*core.MailJob)) core.MailJob {
	j := job(core.MailRequired)
	j.Organization.Policy.RequireTwoFactor, j.Organization.Policy.RequireFrom = true, from
	for _, change := range changes {
		change(&j)
	}
	return j
}

func TestEveryMail(t *testing.T) {
	r := renderer(t, mail.Settings{})
	for name, j := range everyMail() {
		t.Run(name, func(t *testing.T) {
			m, err := r.Render(j, "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			goldenMail(t, name, m)
		})
	}
}

// goldenMail compares a mail with testdata/mail/name.eml, or writes it with
// -update.
func goldenMail(t *testing.T, name string, m mail.Message) {
	t.Helper()
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "⟦") || strings.Contains(string(raw), "=E2=9F=A6") {
		t.Errorf("a text is missing:\n%s", raw)
	}
	got := strings.ReplaceAll(string(raw), "\r\n", "\n")
	file := filepath.Join("testdata", "mail", name+".eml")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("mail (-want +got), run with -update if it is meant:\n%s", diff)
	}
}

func TestCodeMailRules(t *testing.T) {
	digits := regexp.MustCompile(`[0-9]{4,8}`)
	j := purpose(core.PurposeSignIn)
	j.Event.Origin = core.Origin{Device: "Safari 1234567 on iOS", Network: "2001:db8:5::/48"}
	m, err := renderer(t, mail.Settings{}).Render(j, "ana@northwind.example")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(m.Text, "\n"), "\n")
	if want := "482913 is your Northwind verification code. It works for 10 minutes."; lines[0] != want {
		t.Errorf("first line is %q, want %q", lines[0], want)
	}
	if got, want := lines[len(lines)-1], "@id.northwind.example #482913"; got != want {
		t.Errorf("last line is %q, want %q", got, want)
	}
	for _, run := range digits.FindAllString(m.Text, -1) {
		if run != "482913" {
			t.Errorf("the text has %q in it, which looks like a code", run)
		}
	}
	if strings.Contains(m.Subject, "482913") {
		t.Errorf("the code is in the subject: %q", m.Subject)
	}
	if strings.Contains(m.Text, "://") || strings.Contains(m.HTML, "<a") {
		t.Error("the mail with the code has a link")
	}
}

func TestCodeInSubjectWhereAllowed(t *testing.T) {
	j := purpose(core.PurposeSignIn)
	j.Organization.Policy.CodeInSubject = true
	m, err := renderer(t, mail.Settings{}).Render(j, "ana@northwind.example")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Subject, "482913: Your Northwind sign-in code (KRQD)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLastLineOfACode(t *testing.T) {
	tests := []struct {
		name, base string
		dev        bool
		want       string
	}{
		{"https name", "https://id.example.com", false, "@id.example.com #482913"},
		{"https with its own port", "https://id.example.com:443", false, "@id.example.com #482913"},
		{"another port", "https://id.example.com:8443", false, ""},
		{"an address", "https://192.0.2.1", false, ""},
		{"clear", "http://id.example.com", false, ""},
		{"localhost", "http://localhost:8080", false, ""},
		{"localhost in development", "http://localhost:8080", true, "@localhost #482913"},
		{"loopback in development", "http://127.0.0.1:8080", true, "@localhost #482913"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := renderer(t, mail.Settings{BaseURL: tt.base, Dev: tt.dev})
			m, err := r.Render(purpose(core.PurposeSignIn), "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimRight(m.Text, "\n"), "\n")
			got := lines[len(lines)-1]
			if !strings.HasPrefix(got, "@") {
				got = ""
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if _, err := m.Bytes(); err != nil {
				t.Errorf("bytes: %v", err)
			}
		})
	}
}

func TestWorstCaseStaysSmallAndClean(t *testing.T) {
	r := renderer(t, mail.Settings{ReplyTo: "help@id.northwind.example"})
	for name, j := range everyMail() {
		t.Run(name, func(t *testing.T) {
			j.Organization.Name = strings.Repeat("Ö<&\"", 20)
			j.Organization.Help = strings.Repeat("漢", 500)
			j.Event.Target = strings.Repeat("é", 80)
			m, err := r.Render(j, "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			raw, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(string(raw), "\r\n") {
				if len(line) > 76 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("a line is longer than 76, or not plain: %q", line)
				}
			}
			if strings.Contains(m.HTML, "Ö<") {
				t.Error("the HTML holds a name that was not escaped")
			}
		})
	}
}

func TestReplyToIsTheHelpContact(t *testing.T) {
	tests := []struct{ name, help, setting, want string }{
		{"none", "Ask Ben", "", ""},
		{"in the text", "Ask Ben (ben@example.com).", "", "ben@example.com"},
		{"the setting wins", "Ask ben@example.com", "it@example.com", "it@example.com"},
		{"nothing usable", "Ask @ben or x@", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := job(core.MailTest)
			j.Organization.Help = tt.help
			m, err := renderer(t, mail.Settings{ReplyTo: tt.setting}).Render(j, "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			if m.ReplyTo != tt.want {
				t.Errorf("got %q, want %q", m.ReplyTo, tt.want)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	c, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	r, err := mail.NewRenderer(c, fixedCode("48 2913"), nil, clock, mail.Settings{BaseURL: "https://id.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Render(purpose(core.PurposeSignIn), "ana@northwind.example"); err == nil || strings.Contains(err.Error(), "2913") {
		t.Errorf("a code that is not six digits: got error %v, want one without the code", err)
	}
	if _, err := r.Render(job("E99"), "ana@northwind.example"); err == nil {
		t.Error("an unknown template: got no error, want one")
	}
	for _, s := range []mail.Settings{{}, {BaseURL: "https://id.example", From: "a\r\nb@c.example"}, {BaseURL: "https://id.example", ReplyTo: "x"}} {
		if _, err := mail.NewRenderer(c, fixedCode(""), nil, clock, s); err == nil {
			t.Errorf("settings %+v: got no error, want one", s)
		}
	}
}
