package loadclient_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/loadclient"
)

// TestWhatStandsTwice: the server sees 500 rows at a time, so whoever reads the file says
// which rows are about somebody, or a group, that an earlier row is about. Memberships
// may say the same person often.
func TestWhatStandsTwice(t *testing.T) {
	for name, tt := range map[string]struct {
		target string
		text   string
		fields []string
		want   map[int]int
	}{
		"people": {"people", "Email,Login\nana@example.com,ana\nbea@example.com,\nANA@example.com,x\ncyd@example.com,Ana\nbea@,\n,\n", []string{"email", "username"}, map[int]int{4: 2, 5: 2}},
		"people by one column": {
			"people", "Email,Login\nana@example.com,ana\ncyd@example.com,Ana\n", []string{"email", ""}, map[int]int{},
		},
		"groups":      {"groups", "Name,About\nSales,a\n sales ,b\nYork,a\n", []string{"name", "description"}, map[int]int{3: 2}},
		"memberships": {"memberships", "Group,Person\nSales,ana\nYork,ana\nSales,ana\n", []string{"group", "person"}, map[int]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rows.csv")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := loadclient.Open(path, loadclient.How{})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			o := api.LoadOrder{Target: tt.target}
			for i, field := range tt.fields {
				o.Columns = append(o.Columns, api.LoadColumn{Column: f.Columns[i], Field: field, Enabled: field != ""})
			}
			_, twice, err := f.Twice(o, func() {})
			if d := cmp.Diff(tt.want, twice); err != nil || d != "" {
				t.Errorf("twice there are (-want +got):\n%s%v", d, err)
			}
		})
	}
}
