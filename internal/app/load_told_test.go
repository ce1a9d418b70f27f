package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// TestALongLoadIsToldOnce: a server that has no way to send mail is killed in the middle
// of a load that somebody started on a page, and one again right behind its end; the next
// one sends one mail, which says what became of the rows.
func TestALongLoadIsToldOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		const n = 8_000
		d := newDeployment(t)
		id := startLoad(t, d, n)
		db := d.database()
		look := func() (done int, state string) {
			if err := db.QueryRowContext(t.Context(), `SELECT added, state FROM load_run`).Scan(&done, &state); err != nil {
				t.Fatal(err)
			}
			return done, state
		}
		for _, upTo := range []int{1, n} {
			c := d.spawn()
			(&server{t: t}).until("the load is far enough", func() bool { done, state := look(); return done >= upTo && (upTo < n || state == "done") })
			c.kill()
			if done, _ := look(); upTo < n && done == n {
				t.Fatal("the first server was not killed in the middle")
			}
			if _, err := db.ExecContext(t.Context(), `UPDATE load_file SET lease_until = 0`); err != nil { // as if that time had passed
				t.Fatal(err)
			}
		}
		s := start(t, func(c *config.Config) { c.Data, c.Database, c.KeyFile = d.c.Data, d.c.Database, d.c.KeyPath() })
		s.advance(time.Hour) // whatever tries there were without a mail server, the next one is due
		m := s.mail("ada@example.com", titled("The load of crew.csv at Northwind is done"))
		for _, want := range []string{"Added: 8000", "Rejected: 1", "Started by: Ada Min", "1 row could not be taken.", s.URL + "/data-loader/runs/" + string(id)} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the mail lacks %q:\n%s", want, m.Text)
			}
		}
		var queued int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM outbox WHERE template = 'E34'`).Scan(&queued); err != nil || queued != 1 {
			t.Errorf("%d mails of it, want 1 (%v)", queued, err)
		}
		sent := slices.DeleteFunc(s.Mailbox.Messages(), func(m devmail.Mail) bool { return !strings.Contains(m.Subject, "crew.csv") })
		if len(sent) != 1 {
			t.Errorf("%d mails were sent, want 1", len(sent))
		}
	})
}

// startLoad starts the load of a file of so many people and one wrong row, as on a page,
// two minutes ago and before there is a server.
func startLoad(t *testing.T, d *deployment, n int) core.ID {
	t.Helper()
	b := d.mustOpen()
	defer b.Close()
	org, err := b.Organizations.Create(t.Context(), "Northwind", operator)
	if err != nil {
		t.Fatal(err)
	}
	u := core.User{
		ID: core.NewID(b.Clock(), random), OrganizationID: org.ID, Email: "ada@example.com", FirstName: "Ada", LastName: "Min", PasswordSealed: "sealed",
		Type: core.Administrator, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: b.Clock(),
	}
	if err := b.Store.CreateUser(t.Context(), u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}); err != nil {
		t.Fatal(err)
	}
	c := loader.Caller{
		View:   core.SessionView{Account: core.Account{User: u}, Organization: org, Session: core.Session{ProvedAt: b.Clock()}},
		Origin: core.Origin{Session: core.NewID(b.Clock(), random)},
	}
	var text strings.Builder
	text.WriteString("Email,First name,Last name\nnobody@,A,B\n")
	for i := range n {
		fmt.Fprintf(&text, "p%d@example.com,P,N%d\n", i, i)
	}
	f, err := b.LoadFiles.Upload(t.Context(), c, loadfile.Put{Name: "crew.csv", Target: core.LoadPeople}, strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	id, err := b.LoadFiles.Start(t.Context(), c, f.ID, f.Version, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.database().ExecContext(t.Context(), fmt.Sprintf(`UPDATE load_run SET started_at = started_at - %d`, (2*time.Minute).Microseconds()))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
