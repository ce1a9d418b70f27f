package app_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// brings puts a file up on the page of the Data Loader.
func (b *browser) brings(name string, content []byte) page {
	b.t.Helper()
	const path = "/data-loader/new"
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	var token string
	for _, f := range b.get(path).forms(b.t) {
		if f.action == path {
			token = f.values.Get("form_token")
		}
	}
	err := errors.Join(form.WriteField("form_token", token), form.WriteField("target", string(core.LoadPeople)))
	if err == nil {
		var part io.Writer
		if part, err = form.CreateFormFile("file", name); err == nil {
			_, err = part.Write(content)
		}
	}
	if err = errors.Join(err, form.Close()); err != nil {
		b.t.Fatal(err)
	}
	return b.follow(b.do("POST", path, url.Values{}, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
		r.Header.Set("Content-Type", form.FormDataContentType())
	}))
}

// twoSheets is a workbook whose first sheet, of these rows, is of something else.
func twoSheets(t *testing.T, first ...string) []byte {
	t.Helper()
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	sheet := func(rows ...string) string {
		text := `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
		for _, row := range rows {
			text += "<row>"
			for cell := range strings.SplitSeq(row, ",") {
				text += `<c t="inlineStr"><is><t>` + cell + `</t></is></c>`
			}
			text += "</row>"
		}
		return text + `</sheetData></worksheet>`
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"_rels/.rels": `<Relationships><Relationship Id="r1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="` + office + `"><sheets><sheet name="Budget" sheetId="1" r:id="r1"/>` +
			`<sheet name="Staff" sheetId="2" r:id="r2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="` + office + `/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": sheet(first...),
		"xl/worksheets/sheet2.xml": sheet("Email,First name,Last name", "ida@example.com,Ида,Novak"),
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestLoadIsReadAsChosen: which sheet of a workbook it is, and how a text is written,
// the page lets people choose; what they chose is what is loaded.
func TestLoadIsReadAsChosen(t *testing.T) {
	russian := []byte("Staff, all of it\nEmail|First name|Last name\nida@example.com|\xc8\xe4\xe0|Novak\n") // Ида, in Windows-1251
	for name, tt := range map[string]struct {
		content []byte
		shown   string // before
		choose  map[string]string
	}{
		"staff.xlsx": {twoSheets(t, "Month,Sum", "May,17"), "Month", map[string]string{"sheet": "Staff"}},
		"cover.xlsx": {twoSheets(t, "All our staff"), "First name", map[string]string{"sheet": "Staff"}}, // the first is no list
		"staff.txt":  {russian, "Staff", map[string]string{"encoding": "Windows-1251", "delimiter": "|", "header_row": "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			b, _ := s.helper(s.Org, "ana@example.com", core.Administrator)
			p := b.brings(name, tt.content).must(t, 200, "Map columns: "+name, tt.shown)
			p = b.submit(p, p.At+"/reading", tt.choose).must(t, 200, "Map columns: "+name, "First name", "Ида")
			if strings.Contains(p.Body, ">Month<") {
				t.Error("the columns of the other sheet are shown")
			}
			p = b.submit(p, p.At, nil).must(t, 200, "Preview: "+name, "Add 1", "Ида")
			b.submit(p, p.At, nil).must(t, 200, "Load of "+name)
			s.until("somebody is loaded", func() bool {
				acc, _, err := s.Store.UserByEmailKey(t.Context(), "ida@example.com")
				return err == nil && acc.User.FirstName == "Ида"
			})
		})
	}
}
