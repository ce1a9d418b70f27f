package table_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/table"
	"github.com/sallyport/sallyport/internal/xlsx"
)

const (
	nsRel    = "http://schemas.openxmlformats.org/package/2006/relationships"
	nsOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsSheet  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
)

// book is the parts of a workbook by their names.
type book map[string]string

// newBook is a workbook of one sheet with these rows, and its texts.
func newBook(rows string, texts ...string) book {
	shared := `<sst xmlns="` + nsSheet + `">`
	for _, s := range texts {
		shared += "<si>" + s + "</si>"
	}
	return book{
		"_rels/.rels":     `<Relationships xmlns="` + nsRel + `"><Relationship Id="rId1" Type="` + nsOffice + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns="` + nsSheet + `" xmlns:r="` + nsOffice + `"><sheets><sheet name="Staff" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="` + nsRel + `"><Relationship Id="rId1" Type="` + nsOffice + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + nsOffice + `/styles" Target="styles.xml"/><Relationship Id="rId3" Type="` + nsOffice + `/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet xmlns="` + nsSheet + `"><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm"/><numFmt numFmtId="165" formatCode="00000"/>` +
			`<numFmt numFmtId="166" formatCode="[h]:mm"/><numFmt numFmtId="167" formatCode="&quot;day&quot; 0"/><numFmt numFmtId="168" formatCode="[$-409]mmm d;@"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="20"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":     shared + "</sst>",
		"xl/worksheets/sheet1.xml": `<worksheet xmlns="` + nsSheet + `"><sheetData>` + rows + `</sheetData></worksheet>`,
	}
}

// pack writes the archive.
func (b book) pack(t testing.TB) []byte {
	t.Helper()
	return b.packBy(t, zip.Deflate)
}

func (b book) packBy(t testing.TB, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range b {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
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

// names is a first row with the columns Name and Value.
const names = `<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="B1" t="inlineStr"><is><t>Value</t></is></c></row>`

// TestCells: what a cell is to us is what people see in it, as text.
func TestCells(t *testing.T) {
	tests := []struct{ name, cell, want string }{
		{"shared text", `<c r="B2" t="s"><v>0</v></c>`, "2 |Ana"},
		{"shared text in pieces", `<c r="B2" t="s"><v>1</v></c>`, "2 |山田 太郎"},
		{"escaped control character", `<c r="B2" t="s"><v>2</v></c>`, "2 |a\rb_x0041_c_xyz"},
		{"text with space around", `<c r="B2" t="inlineStr"><is><t> a </t></is></c>`, "2 | a "},
		{"whole number", `<c r="B2"><v>42</v></c>`, "2 |42"},
		{"whole number written as one with a point", `<c r="B2"><v>42.0</v></c>`, "2 |42"},
		{"large number", `<c r="B2"><v>4.9151123456789E+12</v></c>`, "2 |4915112345678.9"},
		{"telephone number", `<c r="B2"><v>491511234567</v></c>`, "2 |491511234567"},
		{"fraction", `<c r="B2"><v>0.10000000000000001</v></c>`, "2 |0.1"},
		{"negative", `<c r="B2"><v>-7</v></c>`, "2 |-7"},
		{"very large", `<c r="B2"><v>1e300</v></c>`, "2 |1E+300"},
		{"leading zeros", `<c r="B2" s="3"><v>42</v></c>`, "2 |00042"},
		{"date", `<c r="B2" s="1"><v>46350</v></c>`, "2 |2026-11-24"},
		{"date and time", `<c r="B2" s="2"><v>46350.4375</v></c>`, "2 |2026-11-24T10:30:00"},
		{"time rounded over midnight", `<c r="B2" s="2"><v>46349.999999999</v></c>`, "2 |2026-11-24T00:00:00"},
		{"time", `<c r="B2" s="7"><v>0.4375</v></c>`, "2 |10:30:00"},
		{"length of time", `<c r="B2" s="4"><v>1.5</v></c>`, "2 |36:00:00"},
		{"number with a word beside it", `<c r="B2" s="5"><v>3</v></c>`, "2 |3"},
		{"date by its language", `<c r="B2" s="6"><v>46350</v></c>`, "2 |2026-11-24"},
		{"the day that never was", `<c r="B2" s="1"><v>60</v></c>`, "2 |1900-02-29"},
		{"the first day", `<c r="B2" s="1"><v>1</v></c>`, "2 |1900-01-01"},
		{"no date", `<c r="B2" s="1"><v>-1</v></c>`, "2 |-1 ! Row 2, Value: -1 is shown as a date, and there is no such date. Correct the cell."},
		{"ISO date", `<c r="B2" t="d"><v>2026-11-24</v></c>`, "2 |2026-11-24"},
		{"true", `<c r="B2" t="b"><v>1</v></c>`, "2 |TRUE"},
		{"false", `<c r="B2" t="b"><v>0</v></c>`, "2 |FALSE"},
		{"error", `<c r="B2" t="e"><v>#N/A</v></c>`, "2 |#N/A ! Row 2, Value: the cell shows the error #N/A. Correct its formula."},
		{"formula with its result", `<c r="B2"><f>SUM(A1:A9)</f><v>7</v></c>`, "2 |7"},
		{"formula with a text", `<c r="B2" t="str"><f>CONCAT("=","1")</f><v>=1</v></c>`, "2 |=1"},
		{"formula with an empty text", `<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="str"><f>""</f><v></v></c>`, "2 a|"},
		{"formula without a result", `<c r="B2"><f>WEBSERVICE("http://example.com")</f></c>`, "2 | ! Row 2, Value: the result of the formula is not in the file. Open it in Excel, save it, and try again."},
		{"text that looks like a formula", `<c r="B2" t="inlineStr"><is><t>=1+1</t></is></c>`, "2 |=1+1"},
		{"merged cells", `<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"/>`, "2 a|"},
		{"without addresses", `<c t="inlineStr"><is><t>a</t></is></c><c/><c/>`, "2 a|"},
		{"row too long", `<c r="A2"><v>1</v></c><c r="D2"><v>2</v></c>`, "2 1|||2 ! Row 2: 4 columns, expected 2."},
		{"NUL", `<c r="B2" t="inlineStr"><is><t>a_x0000_b</t></is></c>`, "2 |a\x00b ! Row 2, Value: there is a NUL character, which no text has. Save the file anew from the program it is from."},
		{"format alone far to the right", `<c r="A2"><v>1</v></c><c r="XFD2" s="1"/>`, "2 1|"},
		{"value far to the right", `<c r="A2"><v>1</v></c><c r="XFD2"><v>1</v></c>`, "! Row 2 has 16,384 columns. The limit is 64: delete the columns that are not needed."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBook(names+`<row r="2">`+tt.cell+`</row>`, "<t>Ana</t>", `<r><t>山田</t></r><r><t xml:space="preserve"> 太郎</t></r><rPh sb="0" eb="2"><t>ヤマダ</t></rPh>`, "<t>a_x000D_b_x005F_x0041_c_xyz</t>")
			got := read(t, table.Bytes(b.pack(t)), table.Options{})
			if diff := cmp.Diff([]string{"Name|Value", tt.want}, got); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSheets(t *testing.T) {
	b := newBook(names + `<row r="3"><c r="A3"><v>1</v></c></row><row r="7"><c r="A7" s="1"/></row><row r="9"><c r="A9" s="1"><v>1</v></c></row>`)
	b["xl/workbook.xml"] = `<workbook xmlns="` + nsSheet + `" xmlns:r="` + nsOffice + `"><workbookPr date1904="1"/><sheets><sheet name="Old" state="hidden" r:id="rId9"/>` +
		`<sheet name="Far" r:id="rId8"/><sheet name="Staff" r:id="rId1"/><sheet name="R&amp;D" r:id="rId9"/></sheets></workbook>`
	b["xl/_rels/workbook.xml.rels"] = strings.Replace(b["xl/_rels/workbook.xml.rels"], "</Relationships>",
		`<Relationship Id="rId8" Type="`+nsOffice+`/worksheet" Target="http://example.com/sheet.xml" TargetMode="External"/>`+
			`<Relationship Id="rId9" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`, 1)
	b["xl/worksheets/sheet2.xml"] = `<x:worksheet xmlns:x="` + nsSheet + `"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>Project</x:t></x:is></x:c></x:row><x:row><x:c><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>`
	b["xl/vbaProject.bin"] = "macros are not even looked at"
	s := table.Bytes(b.pack(t))
	for sheet, want := range map[string][]string{
		"":     {"Name|Value", "3 1|", "9 1904-01-02|"},
		"R&D":  {"Project", "2 5"},
		"Old":  {"Project", "2 5"},
		"Far":  {"! There is no sheet Far in this file. It has: Staff, R&D"},
		"None": {"! There is no sheet None in this file. It has: Staff, R&D"},
	} {
		if diff := cmp.Diff(want, read(t, s, table.Options{Sheet: sheet})); diff != "" {
			t.Errorf("sheet %q (-want +got):\n%s", sheet, diff)
		}
	}
	tab, err := table.Open(s, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := table.Shape{Kind: table.KindWorkbook, HeaderRow: 1, Sheet: "Staff", Sheets: []string{"Staff", "R&D"}}
	if diff := cmp.Diff(want, tab.Shape); diff != "" {
		t.Errorf("shape (-want +got):\n%s", diff)
	}
	if err := tab.Close(); err != nil {
		t.Error(err)
	}
	if _, err := tab.Next(); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
}

func TestSheetsWithoutRows(t *testing.T) {
	for want, rows := range map[string]string{
		"! This file is empty.":       `<row r="5"><c r="A5" s="1"/></row>`,
		"! Row 2 needs column names.": `<row r="2"><c r="A2" t="inlineStr"><is><t>ana@example.com</t></is></c></row>`,
	} {
		if got := read(t, table.Bytes(newBook(rows).pack(t)), table.Options{}); got[0] != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	got := read(t, table.Bytes(newBook(names).pack(t)), table.Options{})
	if diff := cmp.Diff([]string{"Name|Value", "! There is no row under the column names."}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOurReports: the reports that we send can be loaded again.
func TestOurReports(t *testing.T) {
	var b bytes.Buffer
	w := xlsx.New(&b, []string{"Name", "Sign-ins", "Last"})
	if err := w.Row([]xlsx.Cell{xlsx.Text(`<Bea> & "Söhne"`), xlsx.Number(42), xlsx.Moment(time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC), time.UTC)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"Name|Sign-ins|Last", `2 <Bea> & "Söhne"|42|2026-11-23T10:30:00`}
	if diff := cmp.Diff(want, read(t, table.Bytes(b.Bytes()), table.Options{})); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// TestSheetRows: a sheet has a limit of its own, on the command line too.
func TestSheetRows(t *testing.T) {
	var rows strings.Builder
	for i := range 12 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d"><v>1</v></c></row>`, i+2, i+2)
	}
	o := table.Options{Limits: table.CommandLine()}
	o.Limits.SheetRows = 10
	got := read(t, table.Bytes(newBook(names+rows.String()).pack(t)), o)
	if want := "! This sheet has more than 10 rows. Save it as a CSV file, and load that in parts or on the server’s command line."; len(got) != 12 || got[11] != want {
		t.Errorf("read %q", got)
	}
}
