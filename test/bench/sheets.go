package main

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	sheetRows  = 200_000
	sheetTurns = 5
)

// sheets measures reading a workbook as large as the browser takes, beside
// unpacking the same parts and splitting them into tokens.
func (s *suite) sheets(ctx context.Context, _ string) ([]row, error) {
	reader, file := filepath.Join(s.dir, "reader"), filepath.Join(s.dir, "staff.xlsx")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", reader, "./test/bench/reader").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, said)
	}
	if err := writeSheet(file); err != nil {
		return nil, err
	}
	read := func(form string) (n int, perSecond, peak float64, err error) {
		said, err := exec.CommandContext(ctx, reader, form, file).Output()
		if err != nil {
			return 0, 0, 0, err
		}
		var took, kibibytes int64
		if _, err := fmt.Sscan(string(said), &n, &took, &kibibytes); err != nil {
			return 0, 0, 0, fmt.Errorf("it said %q: %w", said, err)
		}
		return n, sheetRows / time.Duration(took).Seconds(), float64(kibibytes) * 1024 / 1e6, nil
	}
	var turns []turn
	var most turn
	for range sheetTurns {
		n, rows, peak, err := read("rows")
		if err != nil {
			return nil, err
		}
		if n != sheetRows {
			return nil, fmt.Errorf("%d rows were read, want %d", n, sheetRows)
		}
		_, floor, least, err := read("tokens")
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn{rows, floor})
		most = turn{max(most.value, peak), max(most.floor, least)}
	}
	return []row{
		median(turns).row("xlsx", "", "rows/s", "value >= 20000"),
		most.row("xlsx_peak", "", "MB", "value <= 300"),
	}, nil
}

// writeSheet writes a staff list the way Excel does: texts are shared, each cell has
// its address and style, dates are numbers.
func writeSheet(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const head, main = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	relations := func(kinds ...string) string {
		text := head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
		for i := 0; i < len(kinds); i += 2 {
			text += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>`, i/2+1, office, kinds[i], kinds[i+1])
		}
		return text + `</Relationships>`
	}
	z := zip.NewWriter(f)
	for name, text := range map[string]string{
		"_rels/.rels":                relations("officeDocument", "xl/workbook.xml"),
		"xl/_rels/workbook.xml.rels": relations("worksheet", "worksheets/sheet1.xml", "sharedStrings", "sharedStrings.xml", "styles", "styles.xml"),
		"xl/workbook.xml":            head + `<workbook ` + main + ` xmlns:r="` + office + `"><sheets><sheet name="Staff" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/styles.xml":              head + `<styleSheet ` + main + `><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
	} {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
	}
	if err := writeTexts(z, head+`<sst `+main+`>`); err != nil {
		return err
	}
	if err := writeCells(z, head+`<worksheet `+main+`><sheetData>`); err != nil {
		return err
	}
	return z.Close()
}

// writeTexts writes the names of the columns and four texts for each row.
func writeTexts(z *zip.Writer, head string) error {
	w, err := z.Create("xl/sharedStrings.xml")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.WriteString(head)
	for _, name := range []string{"Username", "First Name", "Last Name", "Email", "Start", "Number"} {
		fmt.Fprintf(out, `<si><t>%s</t></si>`, name)
	}
	for i := range sheetRows {
		fmt.Fprintf(out, `<si><t>user%d</t></si><si><t>Ana %d</t></si><si><t>Diaz %d</t></si><si><t>user%d@example.com</t></si>`, i, i%977, i, i)
	}
	out.WriteString(`</sst>`)
	return out.Flush()
}

// writeCells writes the rows.
func writeCells(z *zip.Writer, head string) error {
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.WriteString(head + `<row r="1" spans="1:6">`)
	for i := range 6 {
		fmt.Fprintf(out, `<c r="%c1" s="0" t="s"><v>%d</v></c>`, 'A'+i, i)
	}
	out.WriteString(`</row>`)
	for i := range sheetRows {
		r := i + 2
		fmt.Fprintf(out, `<row r="%d" spans="1:6">`, r)
		for c := range 4 {
			fmt.Fprintf(out, `<c r="%c%d" s="0" t="s"><v>%d</v></c>`, 'A'+c, r, 6+4*i+c)
		}
		fmt.Fprintf(out, `<c r="E%d" s="1"><v>%d</v></c><c r="F%d"><v>%d</v></c></row>`, r, 40000+i%6000, r, i)
	}
	out.WriteString(`</sheetData></worksheet>`)
	return out.Flush()
}
