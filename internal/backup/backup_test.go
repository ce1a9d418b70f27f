package backup_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/core"
)

var taken = time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC)

// content is what a sink was given.
type content struct {
	Version int64
	Tables  []string
	Rows    [][]any
}

func (c *content) Schema(version int64) error { c.Version = version; return nil }

func (c *content) Table(name string, columns []string) error {
	c.Tables = append(c.Tables, name+" "+strings.Join(columns, ","))
	return nil
}

func (c *content) Row(values []any) error {
	c.Rows = append(c.Rows, slices.Clone(values))
	return nil
}

func sample() content {
	return content{
		Version: 2,
		Tables:  []string{"person id,age,here", "event text", "link id"},
		Rows: [][]any{
			{"ana", int64(math.MaxInt64), true},
			{"bo \u2028 \"\\ <&> 漢 🙂\x00\n", int64(math.MinInt64), false},
			{"broken \xff\xfe UTF-8 \xc3", int64(0), true},
			{strings.Repeat("long ", 100_000)},
		},
	}
}

// written writes the sample: three rows of person, one of event, none of link.
func written(t testing.TB, s backup.Seal) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, s, backup.Head{TakenAt: taken, MadeBy: "1.2.3", From: "sqlite"})
	if err != nil {
		t.Fatal(err)
	}
	c := sample()
	err = w.Schema(c.Version)
	for i, table := range c.Tables {
		name, columns, _ := strings.Cut(table, " ")
		err = errors.Join(err, w.Table(name, strings.Split(columns, ",")))
		for _, row := range [][][]any{c.Rows[:3], c.Rows[3:], nil}[i] {
			err = errors.Join(err, w.Row(row))
		}
	}
	s2, last := w.Close()
	if err = errors.Join(err, last); err != nil || s2.Total() != 4 {
		t.Fatal(s2, err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	private, public, err := backup.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, second, err := backup.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	phrase := "a phrase of more than sixteen"
	for name, c := range map[string]struct {
		seal backup.Seal
		key  backup.Key
		code string
	}{
		"to a key":                  {backup.Seal{Recipients: []string{public}}, backup.Key{Identities: private}, ""},
		"to a key with comments":    {backup.Seal{Recipients: []string{public}}, backup.Key{Identities: "# made on Monday\n" + private + "\n"}, ""},
		"to two keys, the second":   {backup.Seal{Recipients: []string{public, second}}, backup.Key{Identities: other}, ""},
		"by one key of many":        {backup.Seal{Recipients: []string{public}}, backup.Key{Identities: other + "\n" + private}, ""},
		"with a passphrase":         {backup.Seal{Passphrase: phrase}, backup.Key{Passphrase: phrase}, ""},
		"to nobody":                 {backup.Seal{None: true}, backup.Key{}, ""},
		"to nobody, a key is given": {backup.Seal{None: true}, backup.Key{Identities: private}, ""},
		"another key":               {backup.Seal{Recipients: []string{public}}, backup.Key{Identities: other}, "backup.sealed"},
		"another passphrase":        {backup.Seal{Passphrase: phrase}, backup.Key{Passphrase: phrase + "."}, "backup.sealed"},
		"no key":                    {backup.Seal{Recipients: []string{public}}, backup.Key{}, "backup.key_needed"},
		"a public key":              {backup.Seal{Recipients: []string{public}}, backup.Key{Identities: public}, "backup.identity"},
	} {
		t.Run(name, func(t *testing.T) {
			file := written(t, c.seal)
			if !c.seal.None && bytes.Contains(file, []byte("ana")) {
				t.Error("it can be read")
			}
			var got content
			s, err := backup.Read(bytes.NewReader(file), c.key, &got)
			if c.code != "" {
				if core.CodeOf(err) != c.code || len(got.Rows) > 0 {
					t.Errorf("%v with %d rows, want %s", err, len(got.Rows), c.code)
				}
				if err != nil && strings.Contains(err.Error(), c.key.Identities) && c.key.Identities != "" {
					t.Error("the error quotes the key")
				}
				return
			}
			want := sample()
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%v (-in +out):\n%.1000s", err, d)
			}
			wantSum := backup.Summary{
				Head: backup.Head{TakenAt: taken, MadeBy: "1.2.3", From: "sqlite"}, Schema: 2,
				Rows: map[string]int64{"person": 3, "event": 1, "link": 0},
			}
			if d := cmp.Diff(wantSum, s); d != "" {
				t.Errorf("summary (-want +got):\n%s", d)
			}
		})
	}
}

func TestSealRefuses(t *testing.T) {
	for name, s := range map[string]backup.Seal{
		"nobody named":         {},
		"no key":               {Recipients: []string{"ana@example.com"}},
		"a private key":        {Recipients: []string{"AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"}},
		"a short passphrase":   {Passphrase: "fifteen letters"},
		"an empty key":         {Recipients: []string{""}},
		"a key and a bad one":  {Recipients: []string{"age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", "x"}},
		"a comment for a key":  {Recipients: []string{"# none"}},
		"a key with one error": {Recipients: []string{"age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gz"}},
	} {
		var out bytes.Buffer
		_, err := backup.NewWriter(&out, s, backup.Head{})
		if core.KindOf(err) != core.Invalid || out.Len() > 0 || s.Check() == nil {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
}

// Wherever a file is cut, and whichever byte is changed, it is not taken for
// whole.
func TestDamage(t *testing.T) {
	private, public, err := backup.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, seal := range map[string]backup.Seal{"sealed": {Recipients: []string{public}}, "open": {None: true}} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w, err := backup.NewWriter(&out, seal, backup.Head{TakenAt: taken})
			if err == nil {
				err = errors.Join(w.Schema(1), w.Table("person", []string{"id"}), w.Row([]any{"ana"}))
			}
			if _, last := w.Close(); err != nil || last != nil {
				t.Fatal(err, last)
			}
			file, key := out.Bytes(), backup.Key{Identities: private}
			for n := range len(file) {
				if _, err := backup.Read(bytes.NewReader(file[:n]), key, &content{}); core.KindOf(err) != core.Invalid {
					t.Errorf("cut to %d of %d bytes: %v", n, len(file), err)
				}
				changed := bytes.Clone(file)
				changed[n] ^= 0x10
				var got content
				_, err := backup.Read(bytes.NewReader(changed), key, &got)
				if err == nil && (name == "sealed" || !cmp.Equal(got, content{1, []string{"person id"}, [][]any{{"ana"}}})) {
					t.Errorf("byte %d changed: taken as %+v", n, got)
				}
			}
			if _, err := backup.Read(io.MultiReader(bytes.NewReader(file), bytes.NewReader(file)), key, &content{}); err == nil {
				t.Error("a file twice was taken")
			}
		})
	}
}

// packed is a backup of these lines.
func packed(lines ...string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, strings.Join(lines, "\n")) // to memory
	_ = w.Close()
	return out.Bytes()
}

func TestReadRefuses(t *testing.T) {
	head := `{"format":"sallyport-backup","version":1,"schema":1}`
	table := `{"table":"person","columns":["id"]}`
	for name, c := range map[string]struct {
		lines []string
		code  string
	}{
		"nothing":              {nil, "backup.damaged"},
		"another format":       {[]string{`{"format":"tar"}`, ""}, "backup.foreign"},
		"a format to come":     {[]string{`{"format":"sallyport-backup","version":2}`, ""}, "backup.foreign"},
		"no end":               {[]string{head, table, `["a"]`, ""}, "backup.damaged"},
		"a row of no table":    {[]string{head, `["a"]`, ""}, "backup.damaged"},
		"a row too wide":       {[]string{head, table, `["a","b"]`, ""}, "backup.damaged"},
		"a table twice":        {[]string{head, table, table, ""}, "backup.damaged"},
		"a fraction":           {[]string{head, table, `[1.5]`, ""}, "backup.damaged"},
		"a number too large":   {[]string{head, table, `[9223372036854775808]`, ""}, "backup.damaged"},
		"null":                 {[]string{head, table, `[null]`, ""}, "backup.damaged"},
		"a list for a value":   {[]string{head, table, `[["a"]]`, ""}, "backup.damaged"},
		"an object":            {[]string{head, table, `[{"base64":"YQ==","x":1}]`, ""}, "backup.damaged"},
		"no base64":            {[]string{head, table, `[{"base64":"?"}]`, ""}, "backup.damaged"},
		"a table of nothing":   {[]string{head, `{"table":"person","columns":[]}`, ""}, "backup.damaged"},
		"an end that is wrong": {[]string{head, `{"end":true,"rows":{},"sha256":"00"}`, ""}, "backup.damaged"},
		"a line without end":   {[]string{head, table, `["` + strings.Repeat("a", 17<<20)}, "backup.damaged"},
		"an empty line":        {[]string{head, "", ""}, "backup.damaged"},
	} {
		if _, err := backup.Read(bytes.NewReader(packed(c.lines...)), backup.Key{}, &content{}); core.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// broken refuses everything.
type broken struct{ content }

var errBroken = errors.New("no room")

func (*broken) Row([]any) error { return errBroken }

func TestTheSinkSaysWhy(t *testing.T) {
	if _, err := backup.Read(bytes.NewReader(written(t, backup.Seal{None: true})), backup.Key{}, &broken{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a b")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	holds := func(want string) {
		t.Helper()
		got, err := os.ReadFile(path)
		info, stat := os.Stat(path)
		if err != nil || stat != nil || string(got) != want || info.Mode().Perm() != 0o600 {
			t.Errorf("it holds %q (%v, %v), want %q and mode 0600", got, err, info.Mode(), want)
		}
		if names, err := os.ReadDir(folder); err != nil || len(names) != 1 {
			t.Errorf("the folder holds %v, %v", names, err)
		}
	}
	if err := backup.WriteFile(path, false, text("first")); err != nil {
		t.Fatal(err)
	}
	holds("first")
	if err := backup.WriteFile(path, false, text("second")); !errors.Is(err, backup.ErrExists) {
		t.Errorf("over a file: %v", err)
	}
	holds("first")
	half := func(w io.Writer) error { return errors.Join(text("half")(w), errBroken) }
	if err := backup.WriteFile(path, true, half); !errors.Is(err, errBroken) {
		t.Errorf("half a file: %v", err)
	}
	holds("first")
	came := func(w io.Writer) error { return os.WriteFile(path+"2", []byte("came meanwhile"), 0o600) }
	if err := backup.WriteFile(path+"2", false, came); !errors.Is(err, backup.ErrExists) {
		t.Errorf("a file that came meanwhile: %v", err)
	}
	if err := os.Remove(path + "2"); err != nil {
		t.Fatal(err)
	}
	if err := backup.WriteFile(path, true, text("second")); err != nil {
		t.Fatal(err)
	}
	holds("second")
	if err := backup.WriteFile(filepath.Join(folder, "none", "x"), false, text("x")); err == nil {
		t.Error("a file in a folder that is not there")
	}
}

// FuzzRead: nothing that is fed to it panics, and what is taken can be written
// and read again.
func FuzzRead(f *testing.F) {
	f.Add(written(f, backup.Seal{None: true}))
	f.Add([]byte("age-encryption.org/v1\n-> X25519 "))
	f.Add(packed(`{"format":"sallyport-backup","version":1,"schema":1}`, `{"table":"a","columns":["b"]}`, `[1]`, ""))
	f.Fuzz(func(t *testing.T, file []byte) {
		var got content
		if _, err := backup.Read(bytes.NewReader(file), backup.Key{}, &got); err != nil && core.KindOf(err) != core.Invalid {
			t.Errorf("an error that says nothing: %v", err)
		}
		_, _ = backup.Read(bytes.NewReader(packed(string(file))), backup.Key{}, &content{}) // the lines themselves
	})
}
