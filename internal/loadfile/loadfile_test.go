package loadfile_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// staff is a file of so many people, with one wrong row, of more than one part.
func staff(n int) string {
	var b strings.Builder
	b.WriteString("Email;First name;Last name;Notes\r\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d@example.com;P;N%d;%s\r\n", i, i, strings.Repeat("ü", 60))
	}
	b.WriteString("p0@example.com;P;Again;\r\n")
	return b.String()
}

// TestAFileIsLoaded: from its bytes in parts, as it was read, by a worker.
func TestAFileIsLoaded(t *testing.T) {
	const n = 1200
	d := newDesk(t)
	f := d.up(`C:\staff\people.csv`, staff(n))
	if f.Name != "people.csv" || f.Facts.Rows != n+1 || f.Facts.First != 2 || f.Facts.Delimiter != ";" || !slices.Equal(f.Facts.Filled, []int{n + 1, n + 1, n + 1, n}) {
		t.Fatalf("the file is %+v", f)
	}
	if parts := d.count("load_chunk"); parts < 2 {
		t.Fatalf("%d parts say nothing of reading over their ends", parts)
	}
	samples, err := d.Samples(t.Context(), f, 3)
	d.must(err)
	if !slices.Equal(samples[0], []string{"p0@example.com", "p1@example.com", "p2@example.com"}) {
		t.Errorf("samples %q", samples[0])
	}
	_, p, err := d.Preview(t.Context(), d.caller(), f.ID, 50)
	d.must(err)
	if p.Counts != (core.LoadCounts{Added: n, Rejected: 1}) || len(p.First) != 50 || len(p.Wrong) != 1 || d.count("person") != 1 {
		t.Fatalf("the preview says %+v", p.Counts)
	}
	id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "")
	d.must(err)
	some, err := d.worker("a").Turn(t.Context())
	d.must(err)
	run := d.run(id)
	if !some || run.State != core.LoadDone || run.Counts != p.Counts || run.Total != n+1 || run.Hash != f.Hash {
		t.Errorf("the load is %+v", run)
	}
	if some, err = d.worker("a").Turn(t.Context()); some || err != nil {
		t.Errorf("a load that is over is due: %v, %v", some, err)
	}
}

// TestStartSaysWhatIsDoneWithErrors: the choice on the preview is that of this load, and
// what is no choice is refused.
func TestStartSaysWhatIsDoneWithErrors(t *testing.T) {
	d := newDesk(t)
	f := d.up("people.csv", "Email,First name,Last name\nada@example.com,Ada,L\nbroken,Ben,L\ncarl@example.com,Carl,L\n")
	var e *core.Error
	if _, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "else"); !errors.As(err, &e) || e.Fields["on_error"] == nil {
		t.Errorf("no choice: %v", err)
	}
	id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, core.LoadStop)
	d.must(err)
	for more := true; more; {
		more, err = d.worker("a").Turn(t.Context())
		d.must(err)
	}
	if run := d.run(id); run.State != core.LoadStopped || run.Counts.Added != 1 || run.Order.OnError != core.LoadStop {
		t.Errorf("the load is %+v", run)
	}
}

// cutting ends a worker when it has opened so many parts.
type cutting struct {
	secrets
	left int
	cut  func()
}

func (c *cutting) OpenChunk(id core.ID, sealed string) ([]byte, error) {
	if c.left--; c.left == 0 {
		c.cut()
	}
	return c.secrets.OpenChunk(id, sealed)
}

// TestALoadIsCutShort: a worker that ends in the middle leaves the rest to another
// one, and no row is done twice.
func TestALoadIsCutShort(t *testing.T) {
	const n = 4500
	d := newDesk(t)
	f := d.up("people.csv", staff(n))
	id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "")
	d.must(err)
	ctx, cut := context.WithCancel(t.Context())
	dying := loadfile.New(d.Deps)
	dying.Sealer = &cutting{left: d.count("load_chunk") + 5, cut: cut} // all are read once for the sum
	_, _ = (&loadfile.Worker{Service: dying, Owner: "dies"}).Turn(ctx)
	if run := d.run(id); run.State != core.LoadRunning || run.Counts.Added < core.LoadBatchRows || run.Counts.Added == n {
		t.Fatalf("the load was not cut short in the middle: %+v", run)
	}
	d.now.Add(int64(2 * core.LoadLease.Microseconds()))
	_, err = d.worker("b").Turn(t.Context())
	d.must(err)
	if run := d.run(id); run.State != core.LoadDone || run.Counts != (core.LoadCounts{Added: n, Rejected: 1}) {
		t.Errorf("the load is %+v", run)
	}
}

// slow does something at one part, and then takes some seconds for each.
type slow struct {
	secrets
	of   *desk
	left int
	then func()
}

func (s *slow) OpenChunk(id core.ID, sealed string) ([]byte, error) {
	if s.left--; s.left == 0 {
		s.then()
	}
	if s.left <= 0 {
		s.of.now.Add((4 * time.Second).Microseconds())
	}
	return s.secrets.OpenChunk(id, sealed)
}

// TestALargeLoadLetsOthersThrough: a small load that is started while a large one
// runs does not wait for its end, and no row of either is done twice.
func TestALargeLoadLetsOthersThrough(t *testing.T) {
	const n = 8_000
	d := newDesk(t)
	begin := func(text string) core.ID {
		f := d.up("people.csv", text)
		id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "")
		d.must(err)
		return id
	}
	large, small := begin(staff(n)), core.ID("")
	sealer := &slow{of: d, left: d.count("load_chunk") + 2} // all are read once for the sum
	sealer.then = func() {
		d.Sealer = secrets{}
		small = begin("Email,First name,Last name\nlate@example.com,A,B\n")
		d.Sealer = sealer
	}
	d.Sealer = sealer
	for i, want := range [][2]core.LoadState{{core.LoadRunning, core.LoadRunning}, {core.LoadRunning, core.LoadDone}, {core.LoadDone, core.LoadDone}} {
		_, err := d.worker("a").Turn(t.Context())
		d.must(err)
		d.Sealer = secrets{}
		if got := [2]core.LoadState{d.run(large).State, d.run(small).State}; got != want {
			t.Fatalf("after turn %d the loads are %v, want %v", i+1, got, want)
		}
	}
	if c := d.run(large).Counts; c != (core.LoadCounts{Added: n, Rejected: 1}) {
		t.Errorf("the large one did %+v", c)
	}
}

// TestTwoStarts: of two who start a load at once, one does.
func TestTwoStarts(t *testing.T) {
	d := newDesk(t)
	f, c := d.up("people.csv", staff(3)), d.caller()
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() { _, errs[i] = d.Start(t.Context(), c, f.ID, f.Version, "") })
	}
	all.Wait()
	failed := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(failed) != 3 || d.count("load_run") != 1 {
		t.Errorf("%d loads, and %v", d.count("load_run"), failed)
	}
	for _, err := range failed {
		if core.CodeOf(err) != "load.moved" {
			t.Errorf("a second start: %v", err)
		}
	}
}

// TestAnotherFile: what was looked at is what is loaded, whatever somebody with the
// database did meanwhile.
func TestAnotherFile(t *testing.T) {
	d := newDesk(t)
	f := d.up("people.csv", staff(3))
	old := f.Version
	o := f.Order
	o.OnError = core.LoadStop
	d.must(d.Map(t.Context(), d.caller(), f.ID, o))
	if _, err := d.Start(t.Context(), d.caller(), f.ID, old, ""); core.CodeOf(err) != "load.moved" {
		t.Errorf("a start with another mapping: %v", err)
	}
	id, err := d.Start(t.Context(), d.caller(), f.ID, old+1, "")
	d.must(err)
	chunk := core.LoadChunkID(f.ID, 0)
	_, err = d.raw.ExecContext(t.Context(), "UPDATE load_chunk SET content_sealed = $1",
		secrets{}.SealChunk(chunk, []byte(strings.ReplaceAll(staff(3), "p1@", "x1@"))))
	d.must(err)
	_, err = d.worker("a").Turn(t.Context())
	d.must(err)
	if run := d.run(id); run.State != core.LoadFailed || run.Reason != "table.changed" || run.Counts.Rows() != 0 {
		t.Errorf("the load of other bytes is %+v", run)
	}
}

// endless is more bytes than anybody may put up, none of which is kept.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	return int(n), nil
}

func TestWhatIsNotTaken(t *testing.T) {
	d := newDesk(t)
	for name, try := range map[string]struct {
		in   io.Reader
		code string
	}{
		"61 MB":       {&endless{61 << 20}, "table.size"},
		"nothing":     {strings.NewReader(""), "table.empty"},
		"no names":    {strings.NewReader("a@example.com,A,B\n"), "table.header.none"},
		"a picture":   {strings.NewReader("\x89PNG\r\n\x1a\n\x00\x00"), "table.kind"},
		"names alone": {strings.NewReader("Email,Name\n"), "table.no_rows"},
		"no workbook": {strings.NewReader("PK\x03\x04 but no more"), "table.damaged"},
		"a zip bomb":  {bytes.NewReader(bomb(t)), "table.unpacked"},
		"cut off":     {io.MultiReader(strings.NewReader("Email\na@"), broken{}), ""},
	} {
		_, err := d.Upload(t.Context(), d.caller(), loadfile.Put{Name: name, Target: core.LoadPeople}, try.in)
		if err == nil || try.code != "" && core.CodeOf(err) != try.code {
			t.Errorf("%s: %v, want %s", name, err, try.code)
		}
	}
	if files, parts := d.count("load_file"), d.count("load_chunk"); files+parts != 0 {
		t.Errorf("%d files and %d parts were kept", files, parts)
	}
}

// bomb is a workbook of a few kilobytes whose sheet unpacks to twenty megabytes.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c t="inlineStr"><is><t>Email</t></is></c></row>` +
			strings.Repeat("<row></row>", 2<<20) + `</sheetData></worksheet>`,
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
	return b.Bytes()
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line broke") }

// TestWhoMay: nobody but administrators of its organization gets at a file, and
// nobody loads without having confirmed.
func TestWhoMay(t *testing.T) {
	d := newDesk(t)
	f := d.up("people.csv", staff(3))
	stale := d.caller()
	stale.View.Session.ProvedAt = start.AddDate(-1, 0, 0)
	if _, err := d.Start(t.Context(), stale, f.ID, f.Version, ""); core.CodeOf(err) != "confirm.needed" {
		t.Errorf("a start without confirming: %v", err)
	}
	theirs, helper := d.caller(), d.caller()
	theirs.View.Account.User.OrganizationID = "another"
	helper.View.Account.User.Type = core.HelpDesk
	for name, c := range map[string]loader.Caller{"of another organization": theirs, "of the help desk": helper} {
		_, get := d.Get(t.Context(), c, f.ID)
		_, _, look := d.Preview(t.Context(), c, f.ID, 9)
		_, begin := d.Start(t.Context(), c, f.ID, f.Version, "")
		_, put := d.Upload(t.Context(), c, loadfile.Put{Name: "x.csv", Target: core.LoadPeople}, strings.NewReader("Email\na@example.com\n"))
		for i, err := range []error{get, look, begin, put, d.Map(t.Context(), c, f.ID, f.Order)} {
			if !errors.Is(err, core.ErrNotFound) {
				t.Errorf("somebody %s, call %d: %v", name, i, err)
			}
		}
	}
	id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "")
	d.must(err)
	_, err = d.raw.ExecContext(t.Context(), "UPDATE person SET user_type = $1 WHERE id = $2", int(core.Ordinary), string(d.boss.ID))
	d.must(err)
	_, err = d.worker("a").Turn(t.Context())
	d.must(err)
	if run := d.run(id); run.State != core.LoadStopped || run.Reason != core.LoadRightLost || run.Counts.Rows() != 0 {
		t.Errorf("the load of somebody who may not any more is %+v", run)
	}
}

// TestFailedRowsComeBack: a cell that was kept from being a formula is what it was.
func TestFailedRowsComeBack(t *testing.T) {
	d := newDesk(t)
	for last, want := range map[string]string{"_error": "+34 600", "Notes": "'+34 600"} {
		f := d.up("failed.csv", "Email,Phone,"+last+"\na@example.com,'+34 600,\nb@example.com,'tis,\n")
		samples, err := d.Samples(t.Context(), f, 3)
		d.must(err)
		if !slices.Equal(samples[1], []string{want, "'tis"}) {
			t.Errorf("with %s the cells are %q", last, samples[1])
		}
	}
}
