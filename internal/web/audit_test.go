package web_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeAudit answers for package audit.
type fakeAudit struct {
	page    core.AuditPage
	last    []core.Event // the last verification
	asked   []core.AuditFilter
	of      []core.ID
	exports []audit.Export
	forms   []audit.Format
	checks  int
	cut     bool
}

func (f *fakeAudit) Page(_ context.Context, organizationID core.ID, filter core.AuditFilter) (core.AuditPage, error) {
	f.of = append(f.of, organizationID)
	if filter.Limit == 1 {
		return core.AuditPage{Events: f.last}, nil
	}
	f.asked = append(f.asked, filter)
	return f.page, nil
}

func (f *fakeAudit) Person(_ context.Context, _ core.ID, typed string) (core.AuditPerson, error) {
	if typed != "bea@example.com" {
		return core.AuditPerson{}, core.ErrNotFound
	}
	return core.AuditPerson{ID: "bea", Name: "Bea Novak"}, nil
}

func (f *fakeAudit) Export(_ context.Context, by audit.By, what audit.Export, form audit.Format, to io.Writer) (int, error) {
	f.of, f.exports, f.forms = append(f.of, what.OrganizationID), append(f.exports, what), append(f.forms, form)
	_, err := io.WriteString(to, "rows for "+by.Actor.Name)
	if f.cut {
		return 0, io.ErrUnexpectedEOF
	}
	return 1, err
}

func (f *fakeAudit) Verify(_ context.Context, _ audit.By, organizationID core.ID, _ []audit.Checkpoint) (audit.Report, error) {
	f.of = append(f.of, organizationID)
	f.checks++
	return audit.Report{}, nil
}

func auditEvents() []core.Event {
	from := core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24", Device: "Firefox on Linux", UserAgent: "Mozilla/5.0 <b>", RequestID: "0123456789abc", Session: "s1", Replica: "server-1"}
	return []core.Event{
		{
			ID: "e3", At: noon.Add(-time.Minute), Kind: core.EventPolicyChanged, Result: "ok", Actor: core.Actor{Kind: "person", ID: "abe", Name: "Abe <i>Kane</i>"},
			Target: "Northwind", Origin: from, Detail: map[string]string{"remember_days_before": "30", "remember_days_after": "7", "note": "<script>"},
		},
		{ID: "e2", At: noon.Add(-time.Hour), Kind: core.EventCodeWrong, Result: "failed", Actor: core.Actor{Kind: "nobody"}, SubjectID: "bea", Origin: from},
		{ID: "e1", At: noon.Add(-48 * time.Hour), Kind: core.EventAuditTrimmed, Result: "ok", Actor: core.Actor{Kind: "system", Name: "Sallyport"}},
	}
}

// TestAuditPages renders the states of the log.
func TestAuditPages(t *testing.T) {
	mark := core.EventMark{At: noon.Add(-48 * time.Hour), ID: "e1"}
	verified := func(detail map[string]string) []core.Event {
		return []core.Event{{At: noon.Add(-time.Hour), Kind: core.EventAuditVerified, Detail: detail}}
	}
	for name, tt := range map[string]struct {
		target string
		status int
		fake   fakeAudit
	}{
		"audit":          {"/admin/audit", 200, fakeAudit{page: core.AuditPage{Events: auditEvents(), Next: mark, People: map[core.ID]core.AuditPerson{"bea": {ID: "bea", Name: "Bea <u>Novak</u>"}}}, last: verified(map[string]string{"from": "2026-01-05T10:00:00.000000Z"})}},
		"audit_filtered": {"/admin/audit?person=bea@example.com&kind=signin&result=failed&from=2026-11-01&to=2026-11-20&q=firefox&after=1763550000000000.e9", 200, fakeAudit{page: core.AuditPage{Events: auditEvents()[1:2], Next: mark, Short: true}}},
		"audit_none":     {"/admin/audit?q=zzz", 200, fakeAudit{last: verified(map[string]string{"fault": "audit.row_changed", "row": "e7", "seal": "3"})}},
		"audit_wrong":    {"/admin/audit?person=nobody&kind=nonsense&result=maybe&from=yesterday&to=2026-13-01", 400, fakeAudit{}},
		"audit_export":   {"/admin/audit/export?kind=key", 200, fakeAudit{}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Audit = &tt.fake }))
			a := b.get(tt.target)
			if a.status != tt.status {
				t.Fatalf("%s: got %d, want %d", tt.target, a.status, tt.status)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("admin", name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
			for _, id := range tt.fake.of {
				if id != ana().Organization.ID {
					t.Errorf("asked for the log of %q", id)
				}
			}
		})
	}
}

// TestAuditFilters: what stands in the address is what is asked for; what does
// not exist is a 400.
func TestAuditFilters(t *testing.T) {
	london := time.FixedZone("", 0)
	for name, tt := range map[string]struct {
		query string
		want  *core.AuditFilter // nil: 400
	}{
		"nothing":              {"", &core.AuditFilter{}},
		"a group":              {"kind=key", &core.AuditFilter{Kinds: core.GroupKey.Kinds()}},
		"one kind":             {"kind=signin.completed", &core.AuditFilter{Kinds: []string{core.EventSignInCompleted}}},
		"a person":             {"person=bea@example.com", &core.AuditFilter{PersonID: "bea"}},
		"a result and a text":  {"result=refused&q=+10.0.0.1+", &core.AuditFilter{Result: "refused", Text: "10.0.0.1"}},
		"days":                 {"from=2026-11-01&to=2026-11-02", &core.AuditFilter{From: time.Date(2026, 11, 1, 0, 0, 0, 0, london), Until: time.Date(2026, 11, 3, 0, 0, 0, 0, london)}},
		"a place":              {"after=5.e1", &core.AuditFilter{After: core.EventMark{At: time.UnixMicro(5).UTC(), ID: "e1"}}},
		"a sort":               {"sort=at", nil},
		"another filter":       {"organization=o2", nil},
		"a kind of nobody":     {"kind=x", nil},
		"a person of nobody":   {"person=eve@example.com", nil},
		"days the wrong way":   {"from=2026-11-02&to=2026-11-01", nil},
		"twice":                {"kind=key&kind=log", nil},
		"a place that is none": {"after=1.%3Cb%3E", nil},
		"a long text":          {"q=" + strings.Repeat("a", 201), nil},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeAudit{}
			b, _ := live(t, anaWith(func(v *core.SessionView) { v.Organization.TimeZone, v.Account.User.TimeZone = "UTC", "UTC" }), administering(func(d *web.Deps) { d.Audit = fake }))
			a := b.get("/admin/audit?" + tt.query)
			if tt.want == nil {
				if a.status != http.StatusBadRequest || len(fake.asked) > 0 {
					t.Errorf("got %d, asked %v", a.status, fake.asked)
				}
				return
			}
			if d := cmp.Diff([]core.AuditFilter{*tt.want}, fake.asked, cmp.Comparer(time.Time.Equal)); a.status != 200 || d != "" {
				t.Errorf("got %d, (-want +asked)\n%s", a.status, d)
			}
		})
	}
}

// TestAuditExport: the file has the filters of the page, and comes to who has
// just confirmed alone.
func TestAuditExport(t *testing.T) {
	fake := &fakeAudit{}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Audit = fake }))
	b.get("/admin/audit/export")
	a := b.post("/admin/audit/export", "kind", "key", "q", "k1", "form", "jsonl")
	if a.status != 200 || a.body != "rows for Ana Diaz" || !strings.HasPrefix(a.header.Get("Content-Disposition"), `attachment; filename="audit-log-`) {
		t.Errorf("got %d %q %v", a.status, a.body, a.header)
	}
	want := []audit.Export{{OrganizationID: ana().Organization.ID, Name: ana().Organization.Name, Filter: core.AuditFilter{Kinds: core.GroupKey.Kinds(), Text: "k1"}, Limit: audit.ExportMost}}
	if d := cmp.Diff(want, fake.exports); d != "" {
		t.Errorf("(-want +exported)\n%s", d)
	}
	a = b.post("/admin/audit/export", "form", "csv")
	if !strings.HasPrefix(a.body, "\uFEFF") || fake.forms[1] != audit.CSV {
		t.Errorf("a spreadsheet: %q, %v", a.body, fake.forms)
	}
	if a = b.post("/admin/audit/export", "form", "exe"); a.status != 400 {
		t.Errorf("another form: %d", a.status)
	}
	old, _ := live(t, anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-time.Hour) }), administering(func(d *web.Deps) { d.Audit = fake }))
	if a := old.get("/admin/audit/export?kind=key"); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/confirm?next=") {
		t.Errorf("without a confirmation: %d to %s", a.status, a.header.Get("Location"))
	}
}

// TestVerifyLog: the button verifies one's own organization's log, and a GET does
// not.
func TestVerifyLog(t *testing.T) {
	fake := &fakeAudit{}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Audit = fake }))
	b.get("/admin/audit")
	b.post("/admin/audit/verify").leadsTo(t, "/admin/audit#check")
	if a := b.get("/admin/audit/verify"); a.status != http.StatusMethodNotAllowed && a.status != http.StatusNotFound {
		t.Errorf("GET: %d", a.status)
	}
	if fake.checks != 1 || fake.of[len(fake.of)-1] != ana().Organization.ID {
		t.Errorf("verified %d times, last of %v", fake.checks, fake.of)
	}
}

// TestToldOfOthers: no sentence that administrators read about somebody speaks to
// that person.
func TestToldOfOthers(t *testing.T) {
	catalogue, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]*regexp.Regexp{"en": regexp.MustCompile(`(?i)\byou(r|'re)?\b`), "es": regexp.MustCompile(`(?i)\busted\b`)}
	for _, id := range catalogue.IDs() {
		if !strings.HasPrefix(id, "activity.") {
			continue
		}
		for language, you := range to {
			text := catalogue.FormsIn(language, web.ForOthers(id))["other"]
			quiet := strings.NewReplacer(`"Wasn't you?"`, "", "«¿No fue usted?»", "").Replace(text)
			if you.MatchString(quiet) {
				t.Errorf("%s speaks to the person: %q; add a line to toldOfOthers (activity_others.go)", id, text)
			}
		}
	}
	for id := range web.ToldOfOthers() {
		if len(catalogue.Forms(id)) == 0 {
			t.Errorf("%s is told otherwise, and is no sentence", id)
		}
	}
}
