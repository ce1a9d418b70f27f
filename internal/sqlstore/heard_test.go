package sqlstore_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// TestHeard: who asked for it is told what a transaction wrote for the caches,
// once it is committed, and nothing of one that failed.
func TestHeard(t *testing.T) {
	var told []core.Change
	var mails int
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{
		Path: filepath.Join(t.TempDir(), "db"), Clock: time.Now, Random: seeded(), Logger: slog.New(slog.DiscardHandler),
		Heard: func(changes []core.Change, mail bool) {
			told = append(told, changes...)
			if mail {
				mails++
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := core.Organization{ID: "org", Name: "Northwind", Policy: core.DefaultPolicy(), Version: 1}
	if err := store.CreateOrganization(t.Context(), o, core.Record{}); err != nil {
		t.Fatal(err)
	}
	if told != nil {
		t.Errorf("a new organization is in no cache: %v", told)
	}
	own := core.Change{ID: "change", Kind: core.ChangeApplications, SubjectID: "org"}
	note := core.Message{ID: "mail", OrganizationID: "org", Template: core.MailNewBrowser}
	if err := store.SaveOrganization(t.Context(), o, core.Record{Changes: []core.Change{own}, Messages: []core.Message{note}}); err != nil {
		t.Fatal(err)
	}
	var kinds []core.ChangeKind
	for _, c := range told {
		kinds = append(kinds, c.Kind)
	}
	if diff := cmp.Diff([]core.ChangeKind{core.ChangeOrganization, core.ChangeApplications}, kinds); diff != "" || mails != 1 {
		t.Errorf("told %v, %d times of mail:\n%s", told, mails, diff)
	}
	if err := store.SaveOrganization(t.Context(), o, core.Record{Changes: []core.Change{own}}); err == nil {
		t.Fatal("a stale save was stored")
	}
	if len(told) != 2 {
		t.Errorf("told of a transaction that failed: %v", told)
	}
}
