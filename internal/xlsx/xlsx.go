package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// parts are the files around the sheet, in their order.
func parts() [][2]string {
	const rel, office = "http://schemas.openxmlformats.org/package/2006/relationships", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const sheet, kind = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "application/vnd.openxmlformats-officedocument.spreadsheetml."
	return [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kind + `worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="` + kind + `styles+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + rel + `"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + sheet + `" xmlns:r="` + office + `"><sheets><sheet name="Report" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + rel + `"><Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + sheet + `"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm"/></numFmts><fonts count="2"><font/><font><b/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
	}
}

// Cell is one cell.
type Cell struct {
	kind string
	text string
}

// Text is a text; characters that the format cannot hold are left out.
func Text(s string) Cell { return Cell{"text", core.Cell(s)} }

// Number is a whole number.
func Number(n int) Cell { return Cell{"number", strconv.Itoa(n)} }

// Moment is a time to the minute as it reads in a zone; the zero time is empty.
func Moment(at time.Time, zone *time.Location) Cell {
	if at.IsZero() {
		return Cell{}
	}
	at = at.In(zone)
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	days := wall.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
	return Cell{"moment", strconv.FormatFloat(days, 'f', 11, 64)}
}

// Writer writes a file. Its methods return the first error; after that they do
// nothing.
type Writer struct {
	zip *zip.Writer
	out *bufio.Writer
	err error
}

// New begins a file with a row of headers.
func New(w io.Writer, headers []string) *Writer {
	x := &Writer{zip: zip.NewWriter(w)}
	for _, p := range parts() {
		f, err := x.zip.Create(p[0])
		if err == nil {
			_, err = io.WriteString(f, head+p[1])
		}
		if err != nil {
			x.err = err
			return x
		}
	}
	f, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		x.err = err
		return x
	}
	x.out = bufio.NewWriterSize(f, 32<<10)
	x.put(head + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData><row>`)
	for _, h := range headers {
		x.text(h, ` s="2"`)
	}
	x.put(`</row>`)
	return x
}

func (x *Writer) put(s string) {
	if x.err == nil {
		_, x.err = x.out.WriteString(s)
	}
}

func (x *Writer) text(s, style string) {
	x.put(`<c t="inlineStr"` + style + `><is><t xml:space="preserve">`)
	if x.err == nil {
		x.err = xml.EscapeText(x.out, []byte(s))
	}
	x.put(`</t></is></c>`)
}

// Row writes a row.
func (x *Writer) Row(cells []Cell) error {
	x.put(`<row>`)
	for _, c := range cells {
		switch c.kind {
		case "text":
			x.text(c.text, "")
		case "number":
			x.put(`<c><v>` + c.text + `</v></c>`)
		case "moment":
			x.put(`<c s="1"><v>` + c.text + `</v></c>`)
		default:
			x.put(`<c/>`)
		}
	}
	x.put(`</row>`)
	return x.err
}

// Close ends the file.
func (x *Writer) Close() error {
	x.put(`</sheetData></worksheet>`)
	if x.err == nil {
		x.err = x.out.Flush()
	}
	if x.err == nil {
		x.err = x.zip.Close()
	}
	return x.err
}
