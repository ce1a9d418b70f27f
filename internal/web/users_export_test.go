package web_test

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeReports hands over two people.
type fakeReports struct {
	asked []bulk.Asked
	fail  error
	late  error
}

func (f *fakeReports) Export(_ context.Context, _ core.SessionView, _ core.Origin, a bulk.Asked, each func([]bulk.Row) error) error {
	f.asked = append(f.asked, a)
	if f.fail != nil {
		return f.fail
	}
	u := core.User{FirstName: "=Bea", LastName: "Novak", Email: "bea@example.com", Type: core.Ordinary, Status: core.Active, CreatedAt: noon}
	err := each([]bulk.Row{{Account: core.Account{User: u, Groups: []string{"A", "B"}}, Step: core.SecondStepApp, Opens: []string{"Scorecard"}, Activity: core.PersonActivity{SignIns: 7}}})
	return errors.Join(err, f.late)
}

// TestExports: each file has what it was asked for, no cell is a formula, and
// nothing is sent before a confirmation.
func TestExports(t *testing.T) {
	f := &fakeReports{}
	b, sessions := live(t, ana(), administering(func(d *web.Deps) { d.Reports = f }))
	const path = "/admin/users/export"
	a := b.get(path + "?two_factor=off&q=bea")
	a.shows(t, http.StatusOK, `name="two_factor" value="off"`, `name="q" value="bea"`, "User Access Report")
	body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
	golden(t, filepath.Join("admin", "users_export"), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
	b.get(path+"?two_factor=made-up").shows(t, http.StatusBadRequest)
	list := b.post(path, "report", "list", "two_factor", "off", "q", "bea")
	if !strings.Contains(list.body, "'=Bea Novak,bea@example.com,,User,Active,\"A, B\",App,Scorecard,,") || f.asked[0].Filter.SecondStep != core.SecondStepOff || f.asked[0].Filter.Text != "bea" {
		t.Errorf("the list: %q of %+v", list.body, f.asked[0])
	}
	for report, want := range map[string][]string{"access": {"'=Bea Novak", "A, B", "Scorecard"}, "activity": {"'=Bea Novak", "<v>7</v>"}} {
		a := b.post(path, "report", report, "from", "2026-11-01", "to", "2026-11-30")
		sheet := sheetOf(t, a.body)
		for _, text := range want {
			if !strings.Contains(sheet, strings.ReplaceAll(text, "'", "&#39;")) || strings.Contains(sheet, "<f>") {
				t.Errorf("%s does not have %s: %s", report, text, sheet)
			}
		}
	}
	for _, asked := range f.asked {
		if asked.Report == bulk.ReportActivity && (asked.From.Day() != 1 || asked.Until.Sub(asked.From) != 30*24*time.Hour) {
			t.Errorf("the stretch of time: %+v", asked)
		}
	}
	before := len(f.asked)
	b.post(path, "report", "activity", "from", "2026-11-30", "to", "2026-11-01").shows(t, http.StatusUnprocessableEntity, "The last day is before the first.")
	b.post(path, "report", "activity", "from", "soon", "to", "2026-11-01").shows(t, http.StatusUnprocessableEntity, "Enter a day", `value="soon"`)
	b.post(path, "report", "everything").shows(t, http.StatusBadRequest)
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b.get(path)
	b.post(path, "report", "list", "q", "bea").leadsTo(t, "/confirm?next=%2Fadmin%2Fusers%2Fexport")
	if len(f.asked) != before {
		t.Error("something was sent")
	}
	sessions.views["live"] = ana()
	f.fail = errors.New("broken")
	b.get(path).shows(t, http.StatusOK, `name="q" value="bea"`)
	b.post(path, "report", "access").shows(t, http.StatusInternalServerError)
}

// sheetOf is the sheet of a spreadsheet.
func sheetOf(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
