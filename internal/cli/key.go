package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/keyring"
)

type keyCommands struct {
	List   keyList   `cmd:"" help:"List the data keys and what hangs on each."`
	Rotate keyRotate `cmd:"" help:"Make a new data key and seal everything anew, while servers run."`
}

// whatHangs names what a key can be behind, and what ends that where sealing
// anew cannot.
func whatHangs() map[string][2]string {
	return map[string][2]string{
		string(core.SealedPassword):     {"passwords", "sealed anew by: sallyport key rotate --finish"},
		string(core.SealedPastPassword): {"earlier passwords", "sealed anew by: sallyport key rotate --finish"},
		string(core.SealedAppSecret):    {"authenticator apps", "sealed anew by: sallyport key rotate --finish"},
		string(core.SealedDeviceSeed):   {"remembered devices", "sealed anew by: sallyport key rotate --finish"},
		string(core.SealedPanelSecret):  {"apps being set up", "over within the hour"},
		string(core.SealedAuditSeed):    {"keys that sign the audit log", "sealed anew by: sallyport key rotate --finish"},
		string(core.SealedPanelCodes):   {"recovery codes being shown", "over within the hour"},
		string(core.KeyedRecoveryCode):  {"recovery codes", "until each is used or its owner makes new ones"},
		string(core.KeyedChallenge):     {"emailed codes", "swept within a day"},
		string(core.KeyedLink):          {"mailed links", "until they are used or over, 7 days at most"},
		string(core.KeyedAddressChange): {"changes of address", "over within 4 days"},
		string(core.KeyedAppPassword):   {"app passwords", "until each is deleted or over"},
		string(core.KeyedAPIKey):        {"API keys", "until each is rolled, deleted or over"},
		string(core.KeyedOldAPIKey):     {"rolled secrets of API keys", "over within a day"},
	}
}

// hanging is one kind of thing on one key, for programs.
type hanging struct {
	Key   string `json:"key"`
	What  string `json:"what"`
	Count int    `json:"count"`
	Until string `json:"until"`
}

func hangingOn(key string, uses core.KeyUses) []hanging {
	counts := map[string]int{}
	for c, n := range uses.Sealed {
		counts[string(c)] = n
	}
	for c, n := range uses.Keyed {
		counts[string(c)] = n
	}
	out := []hanging{}
	for _, c := range slices.Sorted(maps.Keys(counts)) {
		if counts[c] > 0 {
			out = append(out, hanging{key, whatHangs()[c][0], counts[c], whatHangs()[c][1]})
		}
	}
	return out
}

type keyList struct{}

// listedKey is a data key for programs.
type listedKey struct {
	ID      string    `json:"id"`
	Made    string    `json:"made"`
	State   string    `json:"state"`
	Retired string    `json:"retired,omitempty"`
	Hanging []hanging `json:"hanging"`
}

// Run lists the data keys.
func (keyList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		keys, uses, err := b.Keys.Uses(ctx)
		if err != nil {
			return err
		}
		listed, rows := []listedKey{}, [][]string{}
		for _, k := range keys {
			l := listedKey{ID: k.ID, Made: k.CreatedAt.Format(time.RFC3339), State: stateOf(k), Hanging: hangingOn(k.ID, uses[k.ID])}
			what := []string{}
			for _, h := range l.Hanging {
				what = append(what, strconv.Itoa(h.Count)+" "+h.What)
			}
			if !k.RetiredAt.IsZero() {
				l.Retired = k.RetiredAt.Format(time.RFC3339)
			}
			listed = append(listed, l)
			rows = append(rows, []string{l.ID, l.Made, l.State, nothing(strings.Join(what, ", "))})
		}
		if b.Keys.Waiting() {
			r.say("the new master key is not in its place yet; run: sallyport key rotate --master")
		}
		return r.table(listed, []string{"KEY", "MADE", "STATE", "HANGING ON IT"}, rows)
	})
}

func stateOf(k core.StoredKey) string {
	switch {
	case k.Active:
		return "active"
	case !k.RetiredAt.IsZero():
		return "retired"
	case k.ActiveAt.IsZero() && k.ID != "k1":
		return "waiting"
	}
	return "replaced"
}

func nothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

type keyRotate struct {
	Finish  bool `xor:"way" help:"Make no new key; finish what was begun and retire what is no longer needed."`
	Master  bool `xor:"way" help:"Replace the master key file instead; the data keys stay."`
	Prepare bool `help:"With --master: only make the next master key, beside the file, to copy to other machines."`
}

// Run rotates. It may be run while servers run, and again after it was broken
// off.
func (c *keyRotate) Run(r *run) error {
	if c.Prepare && !c.Master {
		return usageError{text: "--prepare goes with --master", hint: "run: sallyport key rotate --help"}
	}
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		rotation := &keyring.Rotation{Keeper: b.Keys, By: operator(), Say: r.say}
		switch {
		case c.Prepare:
			path, err := b.Keys.PrepareMaster()
			if err != nil {
				return err
			}
			return r.print(map[string]string{"next": path}, "%s holds the next master key; copy it to the same place on every machine, then run: sallyport key rotate --master", path)
		case c.Master:
			kept, err := rotation.ReplaceMaster(ctx)
			if err != nil {
				return err
			}
			r.say("keep a copy of the new one somewhere safe; %s is needed for backups made before, and for nothing else", kept)
			return r.print(map[string]string{"master": b.Config.KeyPath(), "old": kept}, "%s holds the new master key", b.Config.KeyPath())
		}
		report, err := rotation.Rotate(ctx, c.Finish)
		if err != nil {
			return err
		}
		return r.rotated(report)
	})
}

// rotatedKeys is a rotation for programs.
type rotatedKeys struct {
	Active   string         `json:"active"`
	Resealed map[string]int `json:"resealed"`
	Broken   map[string]int `json:"broken"`
	Retired  []string       `json:"retired"`
	Removed  []string       `json:"removed"`
	Hanging  []hanging      `json:"hanging"`
}

// rotated prints what a rotation did and what is left.
func (r *run) rotated(report keyring.Report) error {
	out := rotatedKeys{
		Active: report.Active, Resealed: named(report.Resealed), Broken: named(report.Broken),
		Retired: append([]string{}, report.Retired...), Removed: append([]string{}, report.Removed...), Hanging: []hanging{},
	}
	for _, l := range report.Left {
		out.Hanging = append(out.Hanging, hangingOn(l.Key, l.Uses)...)
	}
	if r.tree.JSON {
		return r.printJSON(out)
	}
	fmt.Fprintf(r.Out, "%s is the active key\n", out.Active)
	for _, what := range slices.Sorted(maps.Keys(out.Resealed)) {
		fmt.Fprintf(r.Out, "sealed anew: %d %s\n", out.Resealed[what], what)
	}
	for _, what := range slices.Sorted(maps.Keys(out.Broken)) {
		fmt.Fprintf(r.Out, "cannot be opened and was left: %d %s\n", out.Broken[what], what)
	}
	for _, id := range out.Retired {
		fmt.Fprintf(r.Out, "retired %s: nothing hangs on it; it is removed by a rotation after %d days\n", id, int(core.KeyKept.Hours()/24))
	}
	for _, id := range out.Removed {
		fmt.Fprintf(r.Out, "removed %s\n", id)
	}
	for _, h := range out.Hanging {
		fmt.Fprintf(r.Out, "%s stays: %d %s, %s\n", h.Key, h.Count, h.What, h.Until)
	}
	return nil
}

// named counts by the words of people, without zeros.
func named(counts map[core.SealedColumn]int) map[string]int {
	out := map[string]int{}
	for c, n := range counts {
		if n > 0 {
			out[whatHangs()[string(c)][0]] = n
		}
	}
	return out
}
