package app_test

import (
	"context"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// TestNothingSecretStays walks every flow, keeps every secret that was used on
// the way, and looks for each of them in the whole database, its file, the log,
// the addresses and the mails of the run (law 6).
func TestNothingSecretStays(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		l := &ledger{long: map[string]string{}, codes: map[string]bool{}}
		l.master(s)
		walkEverything(s, l)
		for kind, least := range map[string]int{
			"password": 6, "cookie": 20, "form token": 10, "setup key": 4, "recovery code": 30, "link": 2, "alarm": 1, "key": 2,
			"mailed reset/cancel": 3, "mailed invite": 3, "mailed password/reset": 2, "mailed not-you": 6, "mailed address/undo": 1,
		} {
			if n := l.count(kind); n < least {
				t.Errorf("the run used %d secrets of the kind %q, want at least %d", n, kind, least)
			}
		}
		if len(l.codes) < 15 {
			t.Errorf("the run used %d codes, want at least 15", len(l.codes))
		}
		l.canFind(t)
		var found []string
		for place, text := range places(s, l) {
			found = append(found, l.find(place, text)...)
		}
		found = append(found, inMails(s, l)...)
		for _, f := range found {
			t.Error(f)
		}
	})
}

// places are where nothing secret may stand, by name. Each is proved to be read
// at all by something that must stand there.
func places(s *server, l *ledger) map[string]string {
	s.t.Helper()
	all := map[string]string{"log": s.log.text(s.t), "addresses": strings.Join(l.addresses, "\n")}
	dump(s, all)
	for place, holds := range map[string]string{
		"log": "/signin", "addresses": "/account/security/setup/app", "person": "ana@example.com", "event": core.EventSignInCompleted,
		"session": secret.Digest(l.session), "credential": "recovery", "outbox": "E1", "data_key": "v1.", "link": "invitation",
	} {
		if !strings.Contains(all[place], holds) {
			s.t.Errorf("%s does not hold %q: it was not read, or nothing was written there", place, holds)
		}
	}
	if s.Config.Database != "" {
		return all
	}
	for _, name := range []string{"sallyport.db", "sallyport.db-wal"} { // with what was deleted and overwritten
		raw, err := os.ReadFile(filepath.Join(s.Config.Data, name))
		if err != nil {
			s.t.Fatal(err)
		}
		all["file "+name] = string(raw)
	}
	if !strings.Contains(all["file sallyport.db"]+all["file sallyport.db-wal"], "ana@example.com") {
		s.t.Error("the files of the database hold no address: they were not read")
	}
	return all
}

// dump reads every column of every table as text, a value a line.
func dump(s *server, into map[string]string) {
	s.t.Helper()
	d := deployment{s.t, s.Config}
	db := d.database()
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	if s.Config.Database == "" {
		list = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	for _, row := range rowsOf(s.t, db, list) {
		table := fmt.Sprint(row[0])
		var values []string
		for _, row := range rowsOf(s.t, db, `SELECT * FROM "`+table+`"`) {
			for _, v := range row {
				if raw, isBytes := v.([]byte); isBytes {
					v = string(raw)
				}
				values = append(values, fmt.Sprint(v))
			}
		}
		into[table] = strings.Join(values, "\n")
	}
	if len(into) < 20 {
		s.t.Errorf("only %d tables were read", len(into))
	}
}

func rowsOf(t testing.TB, db *sql.DB, query string) (all [][]any) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row := make([]any, len(columns))
		at := make([]any, len(columns))
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// ledger keeps the secrets of a run.
type ledger struct {
	long      map[string]string // secret to kind: too long to stand anywhere by chance
	codes     map[string]bool   // 6 digits
	addresses []string          // every address asked for or sent to
	session   string            // one value of the session's cookie
}

func (l *ledger) add(kind, value string) {
	if l.long[value] == "" {
		l.long[value] = kind
	}
}

func (l *ledger) count(kind string) (n int) {
	for _, k := range l.long {
		if k == kind {
			n++
		}
	}
	return n
}

// sixDigits are the codes that stand in a text as words of their own. A code is
// short enough to turn up by chance inside of something longer (an id, a hash, a
// time in microseconds), and none is ever kept inside of something longer: what
// would be kept is a column, a field of JSON or a word of a sentence. Numbers of
// exactly six digits stand in no other column: times have sixteen, steps eight,
// counts fewer.
var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// find looks for every secret, in every form in which it could be kept.
func (l *ledger) find(place, text string) (found []string) {
	lower := strings.ToLower(text)
	for value, kind := range l.long {
		for _, form := range forms(value) {
			if strings.Contains(lower, strings.ToLower(form)) {
				found = append(found, fmt.Sprintf("%s holds a %s: %q", place, kind, form))
			}
		}
	}
	if strings.HasPrefix(place, "file ") { // bytes of any kind: no words
		return found
	}
	for _, word := range sixDigits.FindAllString(text, -1) {
		if l.codes[word] {
			found = append(found, fmt.Sprintf("%s holds the code %s", place, word))
		}
	}
	return found
}

// canFind wants what was planted to be found, each secret and each code.
func (l *ledger) canFind(t *testing.T) {
	t.Helper()
	for value, kind := range l.long {
		for _, text := range []string{value, "x" + hex.EncodeToString([]byte(value)) + "x", `{"detail":"` + strings.ToUpper(value) + `"}`} {
			if len(l.find("planted", text)) == 0 {
				t.Errorf("a %s is not found in %q", kind, text)
			}
		}
	}
	for code := range l.codes {
		if len(l.find("planted", `{"code":"`+code+`"}`)) == 0 || len(l.find("planted", "typed "+code+".")) == 0 {
			t.Errorf("the code %s is not found", code)
		}
	}
}

// forms are the ways in which a program might write a secret down.
func forms(value string) []string {
	plain := strings.NewReplacer("-", "", " ", "").Replace(value)
	raws := [][]byte{[]byte(value), []byte(plain)}
	if key, err := base32.StdEncoding.DecodeString(plain); err == nil {
		raws = append(raws, key)
	}
	if key, err := base64.StdEncoding.DecodeString(value); err == nil {
		raws = append(raws, key)
	}
	var all []string
	for _, raw := range raws {
		all = append(all, string(raw), hex.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
			base64.RawURLEncoding.EncodeToString(raw), base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inMails finds what a mail holds besides its own code.
func inMails(s *server, l *ledger) (found []string) {
	s.t.Helper()
	own := 0
	for _, m := range s.Mailbox.Messages() {
		text := strings.Join([]string{m.Subject, m.Text, m.HTML, string(m.Raw)}, "\n")
		if m.Code != "" {
			own++
			text = regexp.MustCompile(`\b`+m.Code+`\b`).ReplaceAllString(text, "")
		}
		text = withoutOwnLink(m, text)
		found = append(found, l.find(fmt.Sprintf("the mail %q to %v", m.Subject, m.To), text)...)
	}
	if own < 4 {
		s.t.Errorf("%d mails with a code were searched, want at least 4", own)
	}
	return found
}

// walkEverything goes through all flows there are.
func walkEverything(s *server, l *ledger) {
	welcomed(s, l)
	app, codes := enrolled(s, l)
	signedInAllWays(s, l, app, codes)
	changedFactors(s, l, app)
	s.person("bo@example.com")
	s.require()
	firstUnderRequirement(s, l)
	afterReset(s, l)
	changedPasswords(s, l)
	forgotten(s, l)
	alarmed(s, l)
	movedAway(s, l)
	administered(s, l)
	l.mailed(s)
}

// changedPasswords: one is asked for at the next sign-in and chosen after a
// refusal, with the meter watching; then it is changed on the tab.
func changedPasswords(s *server, l *ledger) {
	const bo, tab = "bo@example.com", "/account/password"
	acc, _, err := s.Accounts.Find(s.t.Context(), bo)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Accounts.RequirePassword(s.t.Context(), acc, operator); err != nil {
		s.t.Fatal(err)
	}
	b := l.browser(s)
	p := b.submit(b.signIn(bo, password), "/signin/verify", map[string]string{"method": "email"})
	p = b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(bo)}).must(s.t, 200, "Choose a new password to continue")
	b.do("POST", "/password/strength", url.Values{"form_token": {p.forms(s.t)[0].values.Get("form_token")}, "password": {nextPassword}}).must(s.t, 200)
	p = b.send(p, "/password/expired", changing("", password, password)).must(s.t, http.StatusUnprocessableEntity)
	b.submit(p, "/password/expired", changing("", nextPassword, nextPassword)).must(s.t, 200)
	const third = "eleven tall ships sail"
	p = b.send(b.get(tab), tab, changing("not "+nextPassword, third, third)).must(s.t, http.StatusUnprocessableEntity)
	b.submit(p, tab, changing(nextPassword, third, third)).must(s.t, 200, "Your password is changed.")
}

// welcomed: two people are invited; one uses the link, after two refusals.
func welcomed(s *server, l *ledger) {
	for _, name := range []string{"ana", "cy"} {
		_, token, err := s.Accounts.Create(s.t.Context(), account.NewUser{
			OrganizationID: s.Org.ID, Email: name + "@example.com", FirstName: "Ana", LastName: "Diaz", Type: core.Ordinary,
		}, s.Org, operator, core.LinkInvitation)
		if err != nil {
			s.t.Fatal(err)
		}
		l.add("link", token)
		p := l.browser(s).get("/invite/" + token)
		p.must(s.t, 200, name+"@example.com")
		if name == "cy" {
			continue
		}
		b := l.browser(s)
		p = b.get("/invite/" + token)
		for _, refused := range []string{"dogs bark", "sallyport-rocks-12"} {
			p = b.send(p, "/invite", map[string]string{"password": refused, "repeat": refused})
			p.must(s.t, http.StatusUnprocessableEntity)
		}
		b.submit(p, "/invite", map[string]string{"password": password, "repeat": password}).must(s.t, 200)
	}
}

// enrolled turns two-factor on, after a wrong code at each step.
func enrolled(s *server, l *ledger) (*authenticator, []string) {
	b := l.browser(s)
	b.signIn("ana@example.com", password+"x").must(s.t, http.StatusUnprocessableEntity)
	b.signIn("ana@example.com", password).must(s.t, 200, "Home")
	return b.turnOn(s, "ana@example.com")
}

// signedInAllWays signs in with each factor, with a remembered device, and fails
// with each.
func signedInAllWays(s *server, l *ledger, app *authenticator, codes []string) {
	const ana = "ana@example.com"
	b := l.browser(s)
	p := b.choose(b.signIn(ana, password), "app")
	p = b.send(p, "/signin/verify/app", map[string]string{"code": "271828"})
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(s.t, 200, "Home")
	b.signOut()

	p = b.submit(b.signIn(ana, password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(s.t, 200, "Home")
	b.signOut()
	b.signIn(ana, password).must(s.t, 200, "Home")

	b = l.browser(s)
	p = b.choose(b.signIn(ana, password), "email")
	first := s.code(ana)
	s.advance(core.SendGap)
	b.send(p, "/signin/verify/email/send", nil)
	s.code(ana)
	p = b.send(p, "/signin/verify/email", map[string]string{"code": "314159"})
	b.submit(p, "/signin/verify/email", map[string]string{"code": first}).must(s.t, 200, "Home")

	b = l.browser(s)
	b.signIn(ana, password)
	p = b.send(b.get("/signin/verify/recovery"), "/signin/verify/recovery", map[string]string{"code": "aaaa-bbbb-cccc-dddd"})
	b.submit(p, "/signin/verify/recovery", map[string]string{"code": strings.ToUpper(codes[0])}).must(s.t, 200, "recovery codes left")
}

// changedFactors adds, names and removes apps, makes new recovery codes, turns
// off for now and on again, after confirming each time.
func changedFactors(s *server, l *ledger, app *authenticator) {
	const security = "/account/security"
	s.advance(core.ConfirmLife + time.Minute)
	b := l.browser(s)
	b.withCode("ana@example.com", app.code()).must(s.t, 200, "Home")
	s.advance(core.ConfirmLife + time.Minute)
	p := b.submit(b.get("/confirm?next="+security), "/confirm", map[string]string{"password": password})
	p = b.choose(p, "app")
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(s.t, 200)

	second, p := b.scan(b.submit(b.get(security), security+"/apps", nil).must(s.t, 200, "Prove it works"))
	p.must(s.t, 200, "Recovery codes")
	p = b.submit(b.get(security), security+"/recovery-codes", nil).must(s.t, 200, "Save your recovery codes")
	b.do("GET", security+"/setup/recovery-codes.txt", nil).must(s.t, 200)
	b.submit(p, security+"/setup/save", map[string]string{"saved": "1"}).must(s.t, 200)
	rename := regexp.MustCompile(security + `/apps/[0-9a-v]+/rename`).FindString(b.get(security).Body)
	b.submit(b.get(rename), rename, map[string]string{"label": "Work phone"}).must(s.t, 200, "Work phone")
	b.submit(b.get(security+"/turn-off"), security+"/turn-off", map[string]string{"how": "now"}).must(s.t, 200, "off for now")
	p = b.submit(b.get(security), security, map[string]string{"two_factor": "on"})
	p = b.submit(p, security+"/resume", map[string]string{"kind": "app", "code": "161803"})
	b.submit(p, security+"/resume", map[string]string{"kind": "app", "code": second.code()}).must(s.t, 200, "is on")
	remove := strings.TrimSuffix(rename, "rename") + "remove"
	b.submit(b.get(remove), remove, nil).must(s.t, 200)
	b.submit(b.get(security+"/turn-off"), security+"/turn-off", map[string]string{"how": "remove"}).must(s.t, 200)
	b.turnOn(s, "ana@example.com")
}

// firstUnderRequirement: email first, the offer of an app, which is set up with
// the mailbox proof put off and then abandoned.
func firstUnderRequirement(s *server, l *ledger) {
	b := l.browser(s)
	p := b.submit(b.signIn("bo@example.com", password), "/signin/verify", map[string]string{"method": "email"})
	p = b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("bo@example.com")}).must(s.t, 200, "Add an authenticator app?")
	b.submit(p, "/signin/setup-offer", map[string]string{"answer": "later"}).must(s.t, 200, "Home")
	p = b.submit(b.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
	_, p = b.scan(p.must(s.t, 200, "Scan the QR code"))
	b.submit(p, "/account/security/setup/cancel", nil).must(s.t, 200)
}

// afterReset: the operator removes everything; the next sign-in is email first,
// and the person begins anew. Somebody else's link is made anew.
func afterReset(s *server, l *ledger) {
	const ana = "ana@example.com"
	acc, _, err := s.Accounts.Find(s.t.Context(), ana)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Help.OperatorReset(s.t.Context(), acc, operator, core.CheckedByPhone, "lost phone", false); err != nil {
		s.t.Fatal(err)
	}
	b := l.browser(s)
	p := b.submit(b.signIn(ana, password), "/signin/verify", map[string]string{"method": "email"})
	p = b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(ana)})
	b.submit(p, "/signin/setup-offer", map[string]string{"answer": "later"}).must(s.t, 200, "Home")
	b.turnOn(s, ana)
	cy, _, err := s.Accounts.Find(s.t.Context(), "cy@example.com")
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.Accounts.Relink(s.t.Context(), cy, operator, core.LinkInvitation, false)
	if err != nil {
		s.t.Fatal(err)
	}
	l.add("link", token)
}
