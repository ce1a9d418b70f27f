package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// deploymentRows are tables of the deployment that an administrator of one
// organization among several must not touch either.
func deploymentRows() []string {
	return []string{"mail_server", "mail_setting", "mail_trial", "data_key"}
}

// ownWork are tables in which rows of every organization come by themselves.
func ownWork() []string { return []string{"audit_seal", "audit_cut", "daily_figure"} }

// rowsOf are all rows of an organization, as texts, by "table id".
func (w *apart) rowsOf(organization core.ID) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	w.eachRow(func(table string, columns []string, row []string) {
		of := slices.Index(columns, "organization_id")
		if table == "organization" {
			of = slices.Index(columns, "id")
		}
		if of >= 0 && row[of] == string(organization) && !slices.Contains(ownWork(), table) || slices.Contains(deploymentRows(), table) {
			text := strings.Join(row, "|")
			all[table+" "+nameOf(table, columns, row, text)] = text
		}
	})
	return all
}

// nameOf is what an address would call a row.
func nameOf(table string, columns, row []string, text string) string {
	for _, name := range []string{"name", "id"} {
		if at := slices.Index(columns, name); at >= 0 && (name == "id" || table == "photo") {
			return row[at]
		}
	}
	return text
}

func (w *apart) eachRow(see func(table string, columns, row []string)) {
	w.t.Helper()
	d := deployment{w.t, w.Config}
	open := d.database()
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	names := `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '%s' ORDER BY ordinal_position`
	if w.Config.Database == "" {
		list, names = `SELECT name FROM sqlite_master WHERE type = 'table'`, `SELECT name FROM pragma_table_info('%s') ORDER BY cid`
	}
	for _, t := range rowsOf(w.t, open, list) {
		table := fmt.Sprint(t[0])
		columns := textOfRows(rowsOf(w.t, open, fmt.Sprintf(names, table)))
		for _, row := range rowsOf(w.t, open, `SELECT `+strings.Join(columns, ", ")+` FROM `+table) {
			text := textOfRows([][]any{row})
			if at := slices.Index(columns, "last_seen_at"); at >= 0 && table == "session" {
				text[at] = "" // written a moment after the request
			}
			see(table, columns, text)
		}
	}
}

func textOfRows(rows [][]any) (all []string) {
	for _, row := range rows {
		for _, v := range row {
			if raw, isBytes := v.([]byte); isBytes {
				v = string(raw)
			}
			all = append(all, fmt.Sprint(v))
		}
	}
	return all
}

// unchanged: the walk changed no row of the organization, and added none.
func (w *apart) unchanged(before map[string]string) {
	w.t.Helper()
	if d := cmp.Diff(before, w.rowsOf(w.Org.ID)); d != "" {
		w.t.Errorf("the walk changed rows of the other organization (-before +after):\n%s", d)
	}
}

// mingled: no row of the walker's organization names anything of the other one.
func (w *apart) mingled() {
	w.t.Helper()
	ids := map[string]bool{}
	for _, table := range []string{"person", "person_group", "session", "credential", "factor_reset", "exemption"} {
		for _, id := range w.ids[table] {
			ids[id] = true
		}
	}
	for key, row := range w.rowsOf(w.other) {
		for id := range ids {
			if strings.Contains(row, id) {
				w.t.Errorf("%s names %s of the other organization: %s", key, id, row)
			}
		}
	}
}

// photo gives a person a picture, another one for every name.
func (b *browser) photo(name string) {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := form.WriteField("form_token", b.get("/account/profile").forms(b.t)[0].values.Get("form_token"))
	if err == nil {
		var part io.Writer
		if part, err = form.CreateFormFile("photo", "me.png"); err == nil {
			picture := image.NewGray(image.Rect(0, 0, 64, 64))
			for i := range picture.Pix {
				picture.Pix[i] = name[0]
			}
			err = png.Encode(part, picture)
		}
	}
	if err = errors.Join(err, form.Close()); err != nil {
		b.t.Fatal(err)
	}
	b.follow(b.do("POST", "/account/profile/photo", url.Values{}, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
		r.Header.Set("Content-Type", form.FormDataContentType())
	})).must(b.t, 200, "Your picture is saved.")
}
