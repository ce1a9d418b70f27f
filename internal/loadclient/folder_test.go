package loadclient_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadclient"
)

type folder struct {
	*testing.T
	name string
	*loadclient.Folder
}

func clock() time.Time { return time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC) }

func watched(t *testing.T) *folder {
	t.Helper()
	f := &folder{T: t, name: t.TempDir()}
	f.open()
	t.Cleanup(func() { f.must(f.Close()) })
	return f
}

func (f *folder) open() {
	f.Helper()
	var err error
	f.Folder, err = loadclient.OpenFolder(f.name, clock)
	f.must(err)
}

func (f *folder) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *folder) put(name, text string) {
	f.Helper()
	f.must(os.WriteFile(filepath.Join(f.name, name), []byte(text), 0o600))
}

// ready looks, and wants those files.
func (f *folder) ready(want ...string) {
	f.Helper()
	got, _, err := f.Look()
	if err != nil || !slices.Equal(got, want) {
		f.Errorf("the look finds %q, want %q: %v", got, want, err)
	}
}

func (f *folder) take(name string) *loadclient.Taken {
	f.Helper()
	t, err := f.Take(name)
	f.must(err)
	return t
}

const people = "Email,First name,Last name\nbea@example.com,Bea,Novak\n"

// TestAFileThatIsWrittenIsLeft until two looks find it alike; the oldest comes first.
func TestAFileThatIsWrittenIsLeft(t *testing.T) {
	f := watched(t)
	f.put("b.csv", people)
	f.put("A.XLSX", people)
	f.put("c.tsv", "Email")
	f.must(os.Chtimes(filepath.Join(f.name, "b.csv"), clock(), clock()))
	f.must(os.Chtimes(filepath.Join(f.name, "A.XLSX"), clock(), clock().Add(time.Second)))
	f.must(os.Chtimes(filepath.Join(f.name, "c.tsv"), clock(), clock().Add(time.Minute)))
	f.ready()
	f.ready("b.csv", "A.XLSX", "c.tsv")
	f.put("c.tsv", people)
	f.must(os.Chtimes(filepath.Join(f.name, "c.tsv"), clock(), clock().Add(time.Minute))) // longer, and as old
	f.ready("b.csv", "A.XLSX")
	f.put("d.csv", people)
	f.must(os.Chtimes(filepath.Join(f.name, "d.csv"), clock(), clock())) // in the place of b.csv, and like it
	f.must(os.Rename(filepath.Join(f.name, "d.csv"), filepath.Join(f.name, "b.csv")))
	f.ready("A.XLSX", "c.tsv")
	f.ready("b.csv", "A.XLSX", "c.tsv")
}

// TestWhatIsNoFileIsLeft: folders, links, hidden files and those of programs that write
// them; of others it is told once.
func TestWhatIsNoFileIsLeft(t *testing.T) {
	f := watched(t)
	f.put("b.csv", people)
	for _, name := range []string{".b.csv", "b.csv.part", "b.TMP", "notes.txt", "b.csv~"} {
		f.put(name, people)
	}
	f.must(os.Mkdir(filepath.Join(f.name, "dir.csv"), 0o700))
	f.must(os.Symlink("b.csv", filepath.Join(f.name, "link.csv")))
	_, others, err := f.Look()
	if slices.Sort(others); err != nil || !slices.Equal(others, []string{"b.csv~", "notes.txt"}) {
		t.Errorf("it tells of %q, %v", others, err)
	}
	if _, others, err = f.Look(); err != nil || others != nil {
		t.Errorf("it tells again of %q, %v", others, err)
	}
	f.ready("b.csv")
}

// TestAFileIsTakenOnce: by one program at a time, under a name of its own, and whoever
// comes after one that was killed finds it with its load.
func TestAFileIsTakenOnce(t *testing.T) {
	f := watched(t)
	if _, err := loadclient.OpenFolder(f.name, clock); !errors.Is(err, loadclient.ErrWatched) {
		t.Errorf("a second one: %v", err)
	}
	f.put("b.csv", people)
	first := f.take("b.csv")
	if _, err := f.Take("b.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("taken twice: %v", err)
	}
	f.put("b.csv", people+"cyd@example.com,Cyd,Ray\n")
	f.take("b.csv") // at the same time by the clock
	f.must(first.Keep("06h22rv6kbd2v8tp1g8cqmhii0"))
	f.must(f.Close())
	f.open()
	left, err := f.Left()
	if err != nil || len(left) != 2 || left[0].Name != "b.csv" || left[0].Load() != "06h22rv6kbd2v8tp1g8cqmhii0" || left[1].Load() != "" {
		t.Fatalf("left are %+v, %v", left, err)
	}
	file, err := left[1].Open(loadclient.How{})
	f.must(err)
	if f.must(file.Close()); file.Name != "b.csv" || len(file.Sum) != 64 {
		t.Errorf("the file is %s %s", file.Name, file.Sum)
	}
	to, err := left[0].Done(true)
	if err != nil || to != "done/20300131T120000.000000Z-b.csv" {
		t.Errorf("the first is %s, %v", to, err)
	}
	rows, err := left[1].Write(func(w io.Writer) error { _, err := io.WriteString(w, people); return err })
	if err != nil || rows != "failed/20300131T120000.000001Z-b.failed.csv" {
		t.Errorf("rows are in %s, %v", rows, err)
	}
	if to, err = left[1].Done(false); err != nil || to != "failed/20300131T120000.000001Z-b.csv" {
		t.Errorf("the second is %s, %v", to, err)
	}
	if all, err := os.ReadDir(filepath.Join(f.name, "working")); err != nil || len(all) != 0 {
		t.Errorf("%v are left, %v", all, err)
	}
}

// TestNothingIsWrittenOver: a file that is there already stays, and so does the one
// that would take its place.
func TestNothingIsWrittenOver(t *testing.T) {
	f := watched(t)
	f.put("b.csv", people)
	b := f.take("b.csv")
	f.put("done/20300131T120000.000000Z-b.csv", "mine")
	if to, err := b.Done(true); err == nil {
		t.Errorf("it is %s", to)
	}
	if raw, err := os.ReadFile(filepath.Join(f.name, "done/20300131T120000.000000Z-b.csv")); string(raw) != "mine" {
		t.Errorf("it has %q, %v", raw, err)
	}
	f.put("c.csv", people)
	c := f.take("c.csv")
	f.must(os.Remove(filepath.Join(f.name, "working/20300131T120000.000000Z-c.csv")))
	f.must(os.Symlink("../b.csv", filepath.Join(f.name, "working/20300131T120000.000000Z-c.csv")))
	if _, err := c.Open(loadclient.How{}); err == nil {
		t.Error("a link was opened")
	}
}

// TestAFileThatChangesWhileItIsReadIsNoticed also where its length and time stay.
func TestAFileThatChangesWhileItIsReadIsNoticed(t *testing.T) {
	f := watched(t)
	f.put("b.csv", people)
	b := f.take("b.csv")
	file, err := b.Open(loadclient.How{})
	f.must(err)
	defer func() { f.must(file.Close()) }()
	name := filepath.Join(f.name, "working/20300131T120000.000000Z-b.csv")
	is, err := os.Stat(name)
	f.must(err)
	f.must(os.WriteFile(name, []byte(strings.Replace(people, "Bea", "Ada", 1)), 0o600))
	f.must(os.Chtimes(name, is.ModTime(), is.ModTime()))
	if _, _, err := file.Twice(api.LoadOrder{Target: "people"}, func() {}); core.CodeOf(err) != "table.changed" {
		t.Errorf("it says %v", err)
	}
}

// TestAFolderThatCannotBeWatched is told of at once.
func TestAFolderThatCannotBeWatched(t *testing.T) {
	in := t.TempDir()
	for name, make := range map[string]func(string) error{
		"none": func(string) error { return nil },
		"file": func(name string) error { return os.WriteFile(name, nil, 0o600) },
		"inside": func(name string) error {
			return errors.Join(os.Mkdir(name, 0o700), os.WriteFile(name+"/done", nil, 0o600))
		},
		"away": func(name string) error { return errors.Join(os.Mkdir(name, 0o700), os.Symlink("/tmp", name+"/failed")) },
	} {
		name = filepath.Join(in, name)
		if err := make(name); err != nil {
			t.Fatal(err)
		}
		if f, err := loadclient.OpenFolder(name, clock); err == nil {
			t.Errorf("%s is watched: %v", name, f.Close())
		}
	}
}
