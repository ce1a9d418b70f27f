package table_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/table"
	"github.com/sallyport/sallyport/internal/words"
)

// catalogue is loaded once for all sentences.
var catalogue = sync.OnceValues(words.Load)

// told is an error as people read it in English.
func told(t *testing.T, err error) string {
	t.Helper()
	var ours *core.Error
	if !errors.As(err, &ours) {
		t.Fatalf("%v is no error of ours", err)
	}
	c, loadErr := catalogue()
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	return c.Printer("en").Error(ours)
}

// read reads a file to its end: a line for the columns, one for each row, and one
// for the error that ends it.
func read(t *testing.T, s *table.Source, o table.Options) []string {
	t.Helper()
	tab, err := table.Open(s, o)
	if err != nil {
		return []string{"! " + told(t, err)}
	}
	got := []string{strings.Join(tab.Columns(), "|")}
	for {
		r, err := tab.Next()
		if err == io.EOF {
			return got
		}
		if err != nil {
			return append(got, "! "+told(t, err))
		}
		line := fmt.Sprintf("%d %s", r.Number, strings.Join(r.Cells, "|"))
		if r.Problem != nil {
			line += " ! " + told(t, r.Problem)
		}
		got = append(got, line)
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		name, file string
		want       []string
	}{
		{"plain", "Name,Email\nAna,a@x.org\nBea,b@x.org\n", []string{"Name|Email", "2 Ana|a@x.org", "3 Bea|b@x.org"}},
		{"no line end at the end", "Name,Email\nAna,a", []string{"Name|Email", "2 Ana|a"}},
		{"byte order mark", "\ufeffName,Email\nAna,a", []string{"Name|Email", "2 Ana|a"}},
		{"mixed line ends", "Name,Email\r\nAna,a\rBea,b\nCid,c\r\n", []string{"Name|Email", "2 Ana|a", "3 Bea|b", "4 Cid|c"}},
		{"semicolons", "Name;Email\n\"Diaz, Ana\";a\n", []string{"Name|Email", "2 Diaz, Ana|a"}},
		{"tabs", "Name\tEmail\nDiaz, Ana\ta\n", []string{"Name|Email", "2 Diaz, Ana|a"}},
		{"bars", "Name|Email\nDiaz, Ana|a\n", []string{"Name|Email", "2 Diaz, Ana|a"}},
		{"delimiter named in the file", "sep=;\r\nName;Email\r\nAna,1;a\r\n", []string{"Name|Email", "3 Ana,1|a"}},
		{"one column", "Name\nAna\n", []string{"Name", "2 Ana"}},
		{"quotes", "Name,Email\n\"Ana \"\"Bo\"\"\",\"\"\n", []string{"Name|Email", `2 Ana "Bo"|`}},
		{"quote within a text", "Name,Size\nAna,5\" disk\n", []string{"Name|Size", `2 Ana|5" disk`}},
		{"line breaks in quotes", "Name,Note\nAna,\"a\r\nb\rc\nd\"\nBea,e\n", []string{"Name|Note", "2 Ana|a\r\nb\rc\nd", "3 Bea|e"}},
		{"space is kept in cells, not in names", " Name  of ,\"E\nmail\"\n Ana , a \n", []string{"Name of|E mail", "2  Ana | a "}},
		{"empty rows count", "\n\nName,Email\n\nAna,a\n,\nBea,b\n", []string{"Name|Email", "5 Ana|a", "7 Bea|b"}},
		{"empty columns at the end", "Name,Email,,\nAna,a,,\nBea,b,\n", []string{"Name|Email", "2 Ana|a", "3 Bea|b"}},
		{"longer row", "Name,Email\nAna,a,x\nBea,b\n", []string{"Name|Email", "2 Ana|a|x ! Row 2: 3 columns, expected 2.", "3 Bea|b"}},
		{"shorter row", "A,B,C,D,E,F\n1,2,3,4,5\nx,x,x,x,x,x\n", []string{"A|B|C|D|E|F", "2 1|2|3|4|5| ! Row 2: 5 columns, expected 6.", "3 x|x|x|x|x|x"}},
		{"much shorter row", "A,B\n1\n", []string{"A|B", "2 1| ! Row 2: 1 column, expected 2."}},
		{"NUL", "Name,Email\nAna,a\x00b\nBea,b\n", []string{"Name|Email", "2 Ana|a\x00b ! Row 2, Email: there is a NUL character, which no text has. Save the file anew from the program it is from.", "3 Bea|b"}},
		{"text after a closing quote", "Name,Email\n\"Ana\" Diaz,a\nBea,b\n", []string{"Name|Email", "2 Ana Diaz|a ! Row 2, Name: text follows a closing quote. Double the quotes within a text.", "3 Bea|b"}},
		{"quote never closed", "Name,Email\nAna,a\nBea,\"b\nCid,c\n", []string{"Name|Email", "2 Ana|a", "! Row 3 (line 3), Email: a quote is opened and never closed."}},
		{"quote never closed in the names", "Name,\"Email\nAna,a\n", []string{"! Row 1 (line 1), B: a quote is opened and never closed."}},
		{"quotes closed at the end of the file", "Name,Email\nAna,\"a\"", []string{"Name|Email", "2 Ana|a"}},
		{"delimiter at the end of the file", "Name,Email\nAna,", []string{"Name|Email", "2 Ana|"}},
		{"formulas are text", "Name,Email\n=1+1,@SUM(A1)\n", []string{"Name|Email", "2 =1+1|@SUM(A1)"}},
		{"same name twice", "Name,Email,name\n", []string{"! Two columns are called name: A and C. Rename one of them."}},
		{"column without a name", "Name,,Email\nAna,,a\n", []string{"! Row 1, column B: the column has no name. Name it, or delete the column."}},
		{"nothing", "", []string{"! This file is empty."}},
		{"nothing but lines", "\n\r\n,,\n", []string{"! This file is empty."}},
		{"nothing but names", "Name,Email\n", []string{"Name|Email", "! There is no row under the column names."}},
		{"no names", "Ana,ana@example.com\nBea,bea@example.com\n", []string{"! Row 1 needs column names."}},
		{"numbers for names", "1,2,Ana\n", []string{"! Row 1 needs column names."}},
		{"PDF", "%PDF-1.7\n", []string{"! Use a CSV or Excel file."}},
		{"old Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", []string{"! This is an Excel file of the old form, or one with a password. Save it as .xlsx, without a password."}},
		{"16,384 columns", strings.Repeat("c,", 16383) + "c\n", []string{"! Row 1 has 16,384 columns. The limit is 64: delete the columns that are not needed."}},
		{"16,384 columns in a row", "Name,Email\n" + strings.Repeat(",", 16382) + "c\nBea,b\n", []string{"Name|Email", "2 " + strings.Repeat("|", 63) + " ! Row 2: 16,383 columns, expected 2.", "3 Bea|b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, read(t, table.Bytes([]byte(tt.file)), table.Options{})); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheCallerKnowsBetter(t *testing.T) {
	const file = "Staff\nName;Email\nAna;a,b\n"
	tests := []struct {
		name, file string
		o          table.Options
		want       []string
	}{
		{"names elsewhere", file, table.Options{HeaderRow: 2, Delimiter: ';'}, []string{"Name|Email", "3 Ana|a,b"}},
		{"other delimiter", "Name;Email,x\nAna;a,b\n", table.Options{Delimiter: ','}, []string{"Name;Email|x", "2 Ana;a|b"}},
		{"no names", "Ana,a@x.org\nBea,b@x.org\n", table.Options{HeaderRow: table.NoHeader}, []string{"A|B", "1 Ana|a@x.org", "2 Bea|b@x.org"}},
		{"names that are numbers", "1,2\nAna,Bea\n", table.Options{HeaderRow: 1}, []string{"1|2", "2 Ana|Bea"}},
		{"names in an empty row", "\nAna,Bea\n", table.Options{HeaderRow: 1}, []string{"! Row 1 needs column names."}},
		{"names behind the end", "A,B\nAna,Bea\n", table.Options{HeaderRow: 9}, []string{"! Row 9 needs column names."}},
		{"delimiter that is none", "A,B\n", table.Options{Delimiter: 'x'}, []string{"! Between columns stands a comma, a semicolon, a tab or a bar. Choose one of them."}},
		{"encoding that is none", "A,B\n", table.Options{Encoding: "EBCDIC"}, []string{"! There is no encoding EBCDIC. Choose one from the list."}},
		{"too many rows", "A,B\n1,2\n3,4\n5,6\n", table.Options{HeaderRow: 1, Limits: table.Limits{Rows: 2, Columns: 2, Row: 100}}, []string{"A|B", "2 1|2", "3 3|4", "! This file has more than 2 rows. Load it in parts, or on the server’s command line."}},
		{"too large", strings.Repeat("A", 3<<20), table.Options{Limits: table.Limits{Bytes: 2 << 20, Columns: 2}}, []string{"! This file is 3 MB. The limit is 2 MB."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, read(t, table.Bytes([]byte(tt.file)), tt.o)); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	const western, japan, china, russia = "Name,Email\nSöhne Åse,é\n", "名前,Email\n山田 ソ,y\n", "姓名,Email\n张伟,z\n", "Имя,Email\nАнна,a\n"
	long := "Name,Email\n" + strings.Repeat("Ana,a\n", 30_000) + "Söhne,é\n"
	tests := []struct {
		name, text, guess string
		as                encoding.Encoding
		choose            string
	}{
		{"UTF-8", western, "UTF-8", unicode.UTF8, ""},
		{"UTF-8 with mark", western, "UTF-8", unicode.UTF8BOM, ""},
		{"UTF-8 far behind ASCII", long, "UTF-8", unicode.UTF8, ""},
		{"UTF-16LE", western, "UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), ""},
		{"UTF-16BE", western, "UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), ""},
		{"UTF-16LE without mark", western, "UTF-16LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), ""},
		{"UTF-16BE without mark", western, "UTF-16BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), ""},
		{"Windows-1252", western, "Windows-1252", charmap.Windows1252, ""},
		{"Windows-1252 far behind ASCII", long, "Windows-1252", charmap.Windows1252, ""},
		{"ISO-8859-1", western, "Windows-1252", charmap.ISO8859_1, ""},
		{"ISO-8859-1 chosen", western, "ISO-8859-1", charmap.ISO8859_1, "iso-8859-1"},
		{"ISO-8859-15 chosen", "Name,Pay\nAna,5 €\n", "ISO-8859-15", charmap.ISO8859_15, "ISO-8859-15"},
		{"Windows-1251 chosen", russia, "Windows-1251", charmap.Windows1251, "windows-1251"},
		{"Shift_JIS chosen", japan, "Shift_JIS", japanese.ShiftJIS, "Shift_JIS"},
		{"GBK chosen", china, "GBK", simplifiedchinese.GBK, "GBK"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := tt.as.NewEncoder().Bytes([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			want := read(t, table.Bytes([]byte(tt.text)), table.Options{})
			if diff := cmp.Diff(want, read(t, table.Bytes(b), table.Options{Encoding: tt.choose})); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			tab, err := table.Open(table.Bytes(b), table.Options{Encoding: tt.choose})
			if err != nil || tab.Shape.Encoding != tt.guess {
				t.Errorf("read as %s, %v; want %s", tab.Shape.Encoding, err, tt.guess)
			}
		})
	}
}

func TestWrongEncoding(t *testing.T) {
	want := []string{"Name|Email", "2 Ana|a", "3 S\ufffdhne|b ! Row 3, Name: there are letters that are not UTF-8. Choose the encoding of the file.", "4 Bea|c"}
	got := read(t, table.Bytes([]byte("Name,Email\nAna,a\nS\xf6hne,b\nBea,c\n")), table.Options{Encoding: "UTF-8"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if len(table.Encodings()) < 25 || table.Encodings()[0] != "UTF-8" {
		t.Errorf("encodings are %v", table.Encodings())
	}
}

// TestLines: the line is the one an editor shows, whatever the row's number is.
func TestLines(t *testing.T) {
	tab, err := table.Open(table.Bytes([]byte("Name,Note\r\nAna,\"a\r\nb\nc\rd\"\r\n\r\nBea,e\n")), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][2]int{{2, 2}, {4, 7}} {
		r, err := tab.Next()
		if err != nil || r.Number != want[0] || r.Line != want[1] {
			t.Errorf("row %d on line %d, %v; want %v", r.Number, r.Line, err, want)
		}
	}
}

func TestFileThatChanges(t *testing.T) {
	rows := strings.Repeat("Ana,a@example.com\n", 5000)
	tests := []struct {
		name   string
		change func(path string) error
	}{
		{"longer", func(path string) error { return appendTo(path, "Bea,b\n") }},
		{"shorter", func(path string) error { return os.Truncate(path, 20_000) }},
		{"touched", func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }},
		{"gone", os.Remove},
		{"another one in its place", func(path string) error {
			if err := os.WriteFile(path+"2", []byte("Name,Email\n"+rows), 0o600); err != nil {
				return err
			}
			return os.Rename(path+"2", path)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "staff.csv")
			if err := os.WriteFile(path, []byte("Name,Email\n"+rows), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s, err := table.File(f)
			if err != nil {
				t.Fatal(err)
			}
			tab, err := table.Open(s, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.change(path); err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = tab.Next()
			}
			if core.CodeOf(err) != "table.changed" {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// TestUploadPutAside: a file without a name is read like others.
func TestUploadPutAside(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	const text = "Name,Email\nAna,a\n"
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Name|Email", "2 Ana|a"}, read(t, table.Data(f, int64(len(text))), table.Options{})); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// TestSum: what was looked at is what is read.
func TestSum(t *testing.T) {
	s := table.Bytes([]byte("Name,Email\nAna,a\n"))
	sum, err := s.Sum()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Open(s, table.Options{Sum: sum}); err != nil {
		t.Error(err)
	}
	if _, err := table.Open(table.Bytes([]byte("Name,Email\nBea,a\n")), table.Options{Sum: sum}); core.CodeOf(err) != "table.changed" {
		t.Errorf("another file: %v", err)
	}
}
