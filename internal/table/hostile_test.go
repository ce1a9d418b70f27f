package table_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/table"
)

// zeros gives as many bytes of one letter as are asked of it.
func zeros(n int64) io.Reader { return io.LimitReader(letter('A'), n) }

type letter byte

// Read implements io.Reader.
func (l letter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(l)
	}
	return len(p), nil
}

// swollen is a workbook in one of whose parts a long stretch of one letter, or of
// a text again and again, stands between two texts.
func swollen(t *testing.T, part, before string, middle io.Reader, after string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	b := newBook(names)
	delete(b, part)
	for name, text := range b {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create(part)
	if err == nil {
		_, err = io.Copy(w, io.MultiReader(strings.NewReader(before), middle, strings.NewReader(after)))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// many repeats a text a thousand times as often.
func many(text string, thousands int) io.Reader {
	return &again{text: strings.Repeat(text, 1000), left: thousands}
}

// again repeats a text.
type again struct {
	text string
	at   int
	left int
}

// Read implements io.Reader.
func (a *again) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, a.text[a.at:])
	if a.at += n; a.at == len(a.text) {
		a.at, a.left = 0, a.left-1
	}
	return n, nil
}

// TestBombsAllocateLittle: a small file that would unpack to a large one is refused before it
// has taken more memory than a cell may.
func TestBombsAllocateLittle(t *testing.T) {
	sheet := `<worksheet><sheetData>` + names
	row := many(`<row><c><v>1</v></c></row>`, 4_000)
	loose, endless := table.Browser(), table.Browser()
	loose.Ratio, endless.SheetRows = 1<<40, 1<<40
	tests := []struct {
		name, code string
		file       []byte
		limits     table.Limits
	}{
		{"a cell", "table.cell", swollen(t, "xl/worksheets/sheet1.xml", sheet+`<row><c t="inlineStr"><is><t>`, zeros(120<<20), ""), table.Browser()},
		{"an attribute", "table.cell", swollen(t, "xl/worksheets/sheet1.xml", sheet+`<row r="`, zeros(120<<20), ""), table.Browser()},
		{"a name", "table.cell", swollen(t, "xl/worksheets/sheet1.xml", sheet+`<`, zeros(120<<20), ""), table.Browser()},
		{"a comment", "table.cell", swollen(t, "xl/worksheets/sheet1.xml", sheet+`<!--`, zeros(120<<20), ""), table.Browser()},
		{"a cell in pieces", "table.cell", swollen(t, "xl/worksheets/sheet1.xml", sheet+`<row><c t="inlineStr"><is>`, many(`<r><t>AAAAAAAA</t></r>`, 200), ""), loose},
		{"depth", "table.damaged", swollen(t, "xl/worksheets/sheet1.xml", sheet, many(`<a>`, 5_000), ""), table.Browser()},
		{"many rows", "table.unpacked", swollen(t, "xl/worksheets/sheet1.xml", sheet, row, ""), endless},
		{"behind the rows", "table.unpacked", swollen(t, "xl/worksheets/sheet1.xml", sheet+`<row><c><v>1</v></c></row></sheetData>`, many(`<mergeCell ref="A1:A2"/>`, 1_000), ""), table.Browser()},
		{"shared texts", "table.unpacked", swollen(t, "xl/sharedStrings.xml", `<sst>`, many(`<si><t>AAAAAAAAAAAAAA</t></si>`, 2_000), ""), table.Browser()},
		{"shared texts, however packed", "table.texts", swollen(t, "xl/sharedStrings.xml", `<sst>`, many(`<si><t/></si>`, 3_000), ""), loose},
		{"styles", "table.damaged", swollen(t, "xl/styles.xml", `<styleSheet><cellXfs>`, many(`<xf/>`, 3_000), ""), loose},
		{"sheets", "table.damaged", swollen(t, "xl/workbook.xml", `<workbook><sheets>`, counting(`<sheet name="%d" id="rId1"/>`), ""), loose},
		{"relations", "table.damaged", swollen(t, "_rels/.rels", `<Relationships>`, counting(`<Relationship Id="%d"/>`), ""), loose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			held := grown(func() { err = drain(table.Bytes(tt.file), table.Options{Limits: tt.limits}) })
			if core.CodeOf(err) != tt.code {
				t.Errorf("it ended with %v, want %s", err, tt.code)
			}
			if held > 150<<20 {
				t.Errorf("it took %d bytes", held)
			}
		})
	}
}

// counting is a text with a number, for each of many numbers.
func counting(format string) io.Reader {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, format, i)
	}
	return strings.NewReader(b.String())
}

// TestBudgetOfAllParts: what no part does alone, all of them together cannot do.
func TestBudgetOfAllParts(t *testing.T) {
	l := table.Browser()
	l.Unpacked = 3000
	if err := drain(table.Bytes(newBook(names+strings.Repeat("<row/>", 400)).pack(t)), table.Options{Limits: l}); core.CodeOf(err) != "table.unpacked" {
		t.Errorf("it ended with %v", err)
	}
	l = table.Browser()
	l.Packed = 1 << 20
	big := newBook(names).pack(t)
	if err := drain(table.Bytes(append(make([]byte, 2<<20), big...)), table.Options{Limits: l}); err == io.EOF {
		t.Error("a file over the limit was read")
	}
	big = append([]byte("PK\x03\x04"), make([]byte, 2<<20)...)
	if err := drain(table.Bytes(big), table.Options{Limits: l}); core.CodeOf(err) != "table.size" {
		t.Errorf("it ended with %v", err)
	}
}

func TestForgedArchives(t *testing.T) {
	good := newBook(names + `<row r="2"><c r="A2"><v>1</v></c></row>`)
	with := func(name, text string) book {
		b := book{name: text}
		for n, s := range good {
			if n != name {
				b[n] = s
			}
		}
		return b
	}
	without := func(name string) book {
		b := with(name, "")
		delete(b, name)
		return b
	}
	media := with("x", "")
	for i := range 200 {
		media[fmt.Sprint("media/", i)] = ""
	}
	const sheet = "xl/worksheets/sheet1.xml"
	entity := `<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet><sheetData>` + names + `<row><c t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>`
	tests := []struct {
		name, code string
		file       []byte
	}{
		{"external entity", "table.doctype", with(sheet, entity).pack(t)},
		{"external entity in the shared texts", "table.doctype", with("xl/sharedStrings.xml", strings.Replace(entity, "worksheet", "sst", 1)).pack(t)},
		{"entity without a definition", "table.damaged", with(sheet, `<worksheet><sheetData><row><c t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>`).pack(t)},
		{"archive for a sheet", "table.damaged", with(sheet, string(good.pack(t))).pack(t)},
		{"sheet in another encoding", "table.damaged", with(sheet, `<?xml version="1.0" encoding="UTF-7"?><worksheet/>`).pack(t)},
		{"sheet that is cut off", "table.damaged", with(sheet, `<worksheet><sheetData>`+names).pack(t)},
		{"crossed elements", "table.damaged", with(sheet, `<worksheet><sheetData><row><c></row></c></sheetData></worksheet>`).pack(t)},
		{"no sheet where it should be", "table.damaged", without(sheet).pack(t)},
		{"no sheets", "table.no_sheet", with("xl/workbook.xml", `<workbook><sheets/></workbook>`).pack(t)},
		{"no workbook", "table.kind", without("xl/workbook.xml").pack(t)},
		{"a document of Word", "table.kind", with("xl/workbook.xml", `<document/>`).pack(t)},
		{"some archive", "table.kind", book{"a.txt": "x"}.pack(t)},
		{"archive of nothing", "table.kind", book{}.pack(t)},
		{"binary workbook", "table.kind", book{"_rels/.rels": `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`, "xl/workbook.bin": "x"}.pack(t)},
		{"200 parts too many", "table.parts", media.pack(t)},
		{"a million entries", "table.parts", crowded(t)},
		{"rows backwards", "table.damaged", with(sheet, `<worksheet><sheetData>`+names+`<row r="1"/></sheetData></worksheet>`).pack(t)},
		{"row that there is not", "table.damaged", with(sheet, `<worksheet><sheetData>`+names+`<row r="2147483647"/></sheetData></worksheet>`).pack(t)},
		{"row of minus one", "table.damaged", with(sheet, `<worksheet><sheetData>`+names+`<row r="-1"/></sheetData></worksheet>`).pack(t)},
		{"column that there is not", "table.damaged", with(sheet, `<worksheet><sheetData>`+names+`<row><c r="XFE2"/></row></sheetData></worksheet>`).pack(t)},
		{"text that there is not", "table.damaged", with(sheet, `<worksheet><sheetData>`+names+`<row><c t="s"><v>99</v></c></row></sheetData></worksheet>`).pack(t)},
		{"cut off", "table.damaged", good.pack(t)[:500]},
		{"begun only", "table.damaged", []byte("PK\x03\x04")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			used := allocated(func() { err = drain(table.Bytes(tt.file), table.Options{}) })
			if core.CodeOf(err) != tt.code {
				t.Errorf("it ended with %v, want %s", err, tt.code)
			}
			if used > 32<<20 {
				t.Errorf("it asked for %d bytes", used)
			}
		})
	}
}

// crowded is an archive whose directory has far more entries than it says.
func crowded(t *testing.T) []byte {
	t.Helper()
	b := book{"a": ""}.pack(t)
	end := bytes.LastIndex(b, []byte("PK\x05\x06"))
	at := bytes.LastIndex(b[:end], []byte("PK\x01\x02"))
	entry, tail := b[at:end], bytes.Clone(b[end:])
	file := append([]byte(nil), b[:at]...)
	file = append(file, bytes.Repeat(entry, 900_000)...)
	binary.LittleEndian.PutUint32(tail[12:], uint32(len(entry)*900_000))
	return append(file, tail...)
}

// TestSizesThatLie: what a header says of a part's size counts for nothing.
func TestSizesThatLie(t *testing.T) {
	file := swollen(t, "xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+names, many(`<row><c><v>1</v></c></row>`, 200), `</sheetData></worksheet>`)
	for at := 0; ; at += 4 {
		next := bytes.Index(file[at:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += next
		binary.LittleEndian.PutUint32(file[at+24:], 10) // unpacked size
	}
	l := table.Browser()
	l.Unpacked = 2 << 20
	if err := drain(table.Bytes(file), table.Options{Limits: l}); core.KindOf(err) != core.Invalid {
		t.Errorf("it ended with %v", err)
	}
}

// TestFlippedBytes: damage anywhere is found, or changes nothing that is read.
func TestFlippedBytes(t *testing.T) {
	good := newBook(names+`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><v>17</v></c></row>`, "<t>Ana</t>").pack(t)
	want := read(t, table.Bytes(good), table.Options{})
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		got := read(t, table.Bytes(bad), table.Options{})
		last := got[len(got)-1]
		if strings.HasPrefix(last, "! ") {
			continue
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") && at > 0 && bytes.HasPrefix(bad, []byte("PK\x03\x04")) {
			t.Errorf("byte %d flipped: %q", at, got)
		}
	}
}

// FuzzWorkbook: whatever a sheet and its texts are, reading ends, and a row
// without a problem has a cell for each column.
func FuzzWorkbook(f *testing.F) {
	f.Add(names+`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>46350.5</v></c></row>`, "<t>Ana</t>", `<xf numFmtId="165"/>`)
	f.Add(names+`<row><c t="e"><f>1/0</f><v>#DIV/0!</v></c></row><row r="9"/>`, "<r><t>a_x0041_</t></r>", "")
	f.Fuzz(func(t *testing.T, rows, text, styles string) {
		b := newBook(rows, text)
		b["xl/styles.xml"] = strings.Replace(b["xl/styles.xml"], "<cellXfs>", "<cellXfs>"+styles, 1)
		tab, err := table.Open(table.Bytes(b.packBy(t, zip.Store)), table.Options{HeaderRow: 1})
		for last := 0; err == nil; {
			var r table.Row
			if r, err = tab.Next(); err != nil {
				break
			}
			if r.Problem == nil && len(r.Cells) != len(tab.Columns()) || r.Number <= last {
				t.Errorf("row %+v after row %d, columns %q", r, last, tab.Columns())
			}
			last = r.Number
		}
		if err != io.EOF && core.KindOf(err) != core.Invalid {
			t.Errorf("it ended with %v", err)
		}
	})
}
