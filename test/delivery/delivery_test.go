package delivery_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/words"
)

// now is a moment in summer time, so that a wrong zone would show.
var now = time.Date(2026, 7, 23, 10, 42, 30, 0, time.UTC)

func clock() time.Time { return now }

func random(b []byte) { _, _ = rand.Read(b) }

// secrets stands in for the key ring: what mails are made of at the moment of
// sending.
type secrets struct{}

func (secrets) Compose(core.Challenge) (string, error) { return "482913", nil }

func (secrets) AlarmToken(id core.ID) (string, error) {
	return string(id) + ".k1.Wd1kq0yUuXqz_5TnC3rV2w", nil
}

func (secrets) CancelToken(core.ID) (string, error) {
	return "0g4fhk2x9pqdm4tw3ra7hk2x9p.k1.token", nil
}

func (secrets) UndoToken(core.ID) (string, error) { return "0change.k1.sum", nil }

func (secrets) LinkToken(core.Link) (string, error) { return strings.Repeat("0g4fhk2x9pqdm", 4), nil }

// sender hands mail to the server, over TLS as to any other machine.
func (x *exim) sender(name string, roots *x509.CertPool) *mail.SMTP {
	port, err := strconv.Atoi(x.port)
	x.must(err)
	return &mail.SMTP{
		Server: mail.Server{Host: name, Port: port}, Hello: "id.northwind.example", Roots: roots,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+x.port)
		},
	}
}

func (x *exim) renderer() *mail.Renderer {
	x.t.Helper()
	catalogue, err := words.Load()
	x.must(err)
	r, err := mail.NewRenderer(catalogue, secrets{}, secrets{}, clock, mail.Settings{BaseURL: "https://id.northwind.example"})
	x.must(err)
	return r
}

// templates are all there are, read off the source: a new one cannot be
// forgotten here.
func templates(t *testing.T) []core.Template {
	t.Helper()
	file := filepath.Join("..", "..", "internal", "core", "message.go")
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []core.Template
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Names) != 1 || !strings.HasPrefix(v.Names[0].Name, "Mail") || len(v.Values) != 1 {
			return true
		}
		if text, ok := v.Values[0].(*ast.BasicLit); ok {
			id, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, core.Template(id))
		}
		return true
	})
	if len(all) < 10 {
		t.Fatalf("found %d templates, which cannot be all", len(all))
	}
	return all
}

// queued is a store with a person and a mail of every template in its queue.
func queued(t *testing.T) (*sqlstore.Store, []core.MailJob) {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{
		Path: filepath.Join(t.TempDir(), "db"), Clock: clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.Migrate(t.Context()))
	o := core.Organization{
		ID: core.NewID(now, random), Name: "Nordwind Zürich 漢字 “Büro”", Help: "Zoë Müller\n.. Zimmer 4, help@northwind.example",
		TimeZone: "Europe/Zurich", Policy: core.DefaultPolicy(), CreatedAt: now, Version: 1,
	}
	o.Policy.RequireTwoFactor, o.Policy.RequireFrom = true, now // or the mail that tells of it is over
	must(store.CreateOrganization(t.Context(), o, core.Record{}))
	u := core.User{
		ID: core.NewID(now, random), OrganizationID: o.ID, Email: "ana@northwind.example", FirstName: "Ána", LastName: "Ñúñez-O'Brien",
		Type: core.Ordinary, Status: core.Active, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: now,
		NotificationEmail: "ben@northwind.example", NotificationProvedAt: now,
	}
	must(store.CreateUser(t.Context(), u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}))
	var jobs []core.MailJob
	for i, template := range templates(t) {
		j := core.MailJob{User: u, Organization: o, Message: core.Message{
			ID: core.NewID(now, random), OrganizationID: o.ID, UserID: u.ID, Template: template,
			NotBefore: now, ExpiresAt: now.Add(10 * time.Minute), Delivery: core.DeliveryQueued, CreatedAt: now,
		}}
		queue(t, store, &j, i)
		jobs = append(jobs, j)
	}
	return store, jobs
}

// queue stores what a mail speaks of, and the mail.
func queue(t *testing.T, store *sqlstore.Store, j *core.MailJob, i int) {
	t.Helper()
	id, u := core.NewID(now, random), j.User
	j.Message.SubjectID = id
	j.Event = core.Event{
		ID: id, OrganizationID: u.OrganizationID, At: now.Add(-time.Minute), Kind: "any", Result: "ok", SubjectID: u.ID, Target: "Pixel ünï 9",
		Origin: core.Origin{Device: "Firefox on Windows", Network: "203.0.113.0/24"},
	}
	var err error
	switch {
	case j.Message.Template == core.MailCode:
		j.Message.Issue, j.Event = 1, core.Event{}
		j.Challenge = core.Challenge{
			ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, OwnerID: "owner", Purpose: core.PurposeSignIn, Address: u.Email,
			KeyID: "k1", Issue: 1, Reference: "KRQD", IssuedAt: now, Sends: 1, LastSentAt: now, MessageID: j.Message.ID,
		}
		err = store.SendCode(t.Context(), core.CodeSend{
			Challenge: j.Challenge, Fresh: true, Message: j.Message, PerHour: core.SendsPerHour, PerDay: core.SendsPerDay, At: now,
		})
	case j.Message.Template.CarriesLink():
		j.Event = core.Event{}
		j.Link = core.Link{
			ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, Kind: core.LinkKind(fmt.Sprint("kind", i)), TokenHash: string(id), KeyID: "k1",
			Address: u.Email, Inviter: "Zoë Müller", CreatedAt: now, ExpiresAt: now.Add(time.Hour),
		}
		err = store.CreateLink(t.Context(), j.Link, core.Record{Messages: []core.Message{j.Message}})
	default:
		if i%2 == 1 {
			j.Message.Recipient = core.ToNotification
		}
		err = store.AnswerOffer(t.Context(), u.OrganizationID, u.ID, core.Offer{}, core.Record{
			Events: []core.Event{j.Event}, Messages: []core.Message{j.Message},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// work sends what is queued until all of it is over.
func (x *exim) work(store *sqlstore.Store, jobs int) map[core.ID]core.Delivery {
	x.t.Helper()
	settled := watch{Store: store, over: make(chan core.Message, 100)}
	w := &outbox.Worker{
		Store: settled, Sender: &mail.Postman{Renderer: x.renderer(), Sender: x.sender(host, x.roots)},
		Clock: clock, Owner: "one", Log: slog.New(slog.DiscardHandler),
	}
	ctx, stop := context.WithCancel(x.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	defer func() {
		stop()
		x.must(<-done)
	}()
	all := map[core.ID]core.Delivery{}
	for range jobs {
		select {
		case m := <-settled.over:
			all[m.ID] = m.Delivery
			if m.LastError != "" {
				x.t.Errorf("%s: %s %s", m.Template, m.Delivery, m.LastError)
			}
		case <-time.After(60 * time.Second):
			x.t.Fatalf("%d of %d mails were settled in 60 s", len(all), jobs)
		}
	}
	return all
}

// watch tells what was settled.
type watch struct {
	*sqlstore.Store
	over chan core.Message
}

// SettleMail implements outbox.Store.
func (w watch) SettleMail(ctx context.Context, m core.Message, owner string) error {
	err := w.Store.SettleMail(ctx, m, owner)
	w.over <- m
	return err
}

// TestEveryMailArrives sends a mail of every template from the queue through the
// worker, over STARTTLS, and finds each in the mailbox just as it was written
// (issue 3, part 10; interop §4.5).
func TestEveryMailArrives(t *testing.T) {
	x := startExim(t)
	store, jobs := queued(t)
	for id, delivery := range x.work(store, len(jobs)) {
		if delivery != core.DeliverySent {
			t.Errorf("message %s is %s, want sent", id, delivery)
		}
	}
	byID := map[string]letter{}
	for _, raw := range x.arrived(len(jobs)) {
		l := read(t, raw)
		byID[l.Get("Message-Id")] = l
	}
	if len(byID) != len(jobs) {
		t.Errorf("%d different message ids among %d mails", len(byID), len(jobs))
	}
	r := x.renderer()
	for _, j := range jobs {
		t.Run(string(j.Message.Template), func(t *testing.T) {
			to := j.User.NoticeAddress(j.Message.Recipient)
			want, err := r.Render(j, to)
			if err != nil {
				t.Fatal(err)
			}
			l, ok := byID["<"+string(j.Message.ID)+"@id.northwind.example>"]
			if !ok {
				t.Fatal("it is not in the mailbox")
			}
			sameLetter(t, l, want)
		})
	}
}

// sameLetter compares what arrived with what was written.
func sameLetter(t *testing.T, l letter, want mail.Message) {
	t.Helper()
	if diff := cmp.Diff(lines(want.Text), lines(l.text)); diff != "" {
		t.Errorf("text (-written +arrived):\n%s", diff)
	}
	if diff := cmp.Diff(lines(want.HTML), lines(l.html)); diff != "" {
		t.Errorf("HTML (-written +arrived):\n%s", diff)
	}
	if got := l.subject(t); got != want.Subject {
		t.Errorf("subject %q, want %q", got, want.Subject)
	}
	from, err := l.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != want.FromName || from[0].Address != "no-reply@id.northwind.example" {
		t.Errorf("From: %v (%v)", from, err)
	}
	for name, value := range map[string]string{
		"To": "<" + want.To + ">", "Envelope-To": want.To, "Return-Path": "<no-reply@id.northwind.example>",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Mime-Version": "1.0",
		"References": "", "In-Reply-To": "", "Bcc": "", "Cc": "",
	} {
		if got := l.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if at, err := l.Date(); err != nil || !at.Equal(now) {
		t.Errorf("Date: %v (%v)", at, err)
	}
	if got := l.Get("Received"); !strings.Contains(got, "with esmtps") || !strings.Contains(got, "TLS1.") {
		t.Errorf("it did not come over TLS: %s", got)
	}
	if len(l.raw) > mail.MaxBytes+2000 { // what the server wrote above it
		t.Errorf("it weighs %d bytes", len(l.raw))
	}
	for line := range strings.SplitSeq(string(l.raw), "\n") {
		if len(line) > 998 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
}

// TestBodiesArriveAsTheyAre: what SMTP and mail treat as special comes through.
func TestBodiesArriveAsTheyAre(t *testing.T) {
	x := startExim(t)
	for name, body := range map[string]string{
		"a line that is a dot":       "above\n.\nbelow\n",
		"dots at the start of lines": ".one\n..two\n...three\n.\n..\n",
		"ends with a dot":            "the end\n.\n",
		"a long line":                strings.Repeat("long ", 800) + "\n",
		"a long word":                strings.Repeat("w", 3000) + "\n",
		"just under the limit":       strings.Repeat("w", 899) + "\n",
		"letters of many scripts":    "Zürich 漢字 العربية ไทย 🙂 é\n",
		"8 bits and a dot":           "ü\n.\nß\n",
		"spaces at the end of lines": "one  \ntwo \t\nthree\n",
		"looks like a header":        "From: <a@b.example>\n\nTo: x\n",
		"From at the start":          "From here on\n>From there\n",
		"a boundary":                 "--=_x\n--=_x--\n",
		"equals signs":               "a=3D=\n=\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := mail.Message{
				ID: string(core.NewID(now, random)), Host: "id.northwind.example", FromName: `Ñ "quoted" <x@y.example>, Büro`,
				From: "no-reply@id.northwind.example", ReplyTo: "help@northwind.example", To: "ana@northwind.example",
				Subject: "Ünïcode and a very long subject that has to be folded: " + strings.Repeat("漢字 ", 20),
				Text:    body, HTML: "<p>" + body + "</p>", At: now,
			}
			if err := x.sender(host, x.roots).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			sameLetter(t, read(t, x.arrived(1)[0]), m)
		})
	}
}

// TestTheServersNo: an unknown recipient is refused for good; a certificate that
// does not hold, or a server without it, gets no mail at all.
func TestTheServersNo(t *testing.T) {
	x := startExim(t)
	_, _, others := authority(t, host, time.Now().Add(time.Hour))
	clear := x.sender(host, x.roots)
	clear.InsecureLAN = true
	tests := []struct {
		name   string
		sender *mail.SMTP
		to     string
		code   string
		kind   core.Kind
	}{
		{"nobody of that name", x.sender(host, x.roots), "nobody@northwind.example", "mail.refused", core.Invalid},
		{"another authority", x.sender(host, others), "ana@northwind.example", "mail.tls_unknown", core.Unavailable},
		{"another name in the certificate", x.sender("mail.elsewhere.example", x.roots), "ana@northwind.example", "mail.tls_name", core.Unavailable},
		{"in clear, where it wants TLS", clear, "ana@northwind.example", "mail.refused", core.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mail.Message{
				ID: "m1", Host: "id.northwind.example", From: "no-reply@id.northwind.example", To: tt.to,
				Subject: "S", Text: "T", HTML: "<p>T</p>", At: now,
			}
			err := tt.sender.Send(t.Context(), m)
			if core.CodeOf(err) != tt.code || core.KindOf(err) != tt.kind {
				t.Errorf("got %v (%s), want %s", err, core.CodeOf(err), tt.code)
			}
		})
	}
	if got := x.mailbox(); len(got) != 0 {
		t.Errorf("%d mails arrived, want none", len(got))
	}
}

// TestAnAddressInOtherLetters goes out as it is to a server that takes it (RFC
// 6531).
func TestAnAddressInOtherLetters(t *testing.T) {
	x := startExim(t)
	m := mail.Message{
		ID: "m1", Host: "id.northwind.example", From: "no-reply@id.northwind.example", To: "zoë@northwind.example",
		Subject: "S", Text: "T", HTML: "<p>T</p>", At: now,
	}
	if err := x.sender(host, x.roots).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := read(t, x.arrived(1)[0]).Get("Envelope-To"); got != m.To {
		t.Errorf("it arrived for %q, want %q", got, m.To)
	}
}
