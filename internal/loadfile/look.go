package loadfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/rounds"
)

// LookRows is how many rows are looked at while somebody waits for their page. More take
// longer than an answer may.
const LookRows = 5_000

// lookKept is how many rows of each kind a preview has.
const lookKept = 50

// tellEvery is how often a worker says how far it is.
const tellEvery = 2 * time.Second

// Looked is what is known of what the load of a file would do.
type Looked struct {
	File    core.LoadFile
	Preview loader.Preview
	Ready   bool // it is known; otherwise File.Look says how far it is
}

// ask has a file that is large looked at in the background.
func ask(f *core.LoadFile) {
	f.LookState, f.Look = core.LoadLookNone, core.LoadLook{}
	if f.Facts.Rows > LookRows {
		f.LookState = core.LoadLookDue
	}
}

// Look says what the load of a file would do: now, or, where there are many rows, when
// somebody last asked for that.
func (s *Service) Look(ctx context.Context, c loader.Caller, id core.ID) (Looked, error) {
	f, err := s.Get(ctx, c, id)
	if err != nil || f.RunID != "" {
		return Looked{File: f}, err
	}
	if err := loader.Check(f.Order, f.Facts.Columns); err != nil {
		return Looked{File: f}, err
	}
	out := Looked{File: f, Ready: true}
	if f.Facts.Rows <= LookRows {
		_, out.Preview, err = s.Preview(ctx, c, id, lookKept)
		return out, err
	}
	if out.Ready = f.LookState == core.LoadLookDone; !out.Ready {
		return out, nil
	}
	if err := json.Unmarshal([]byte(f.Look.Found), &out.Preview); err != nil {
		return out, fmt.Errorf("loadfile: a stored preview: %w", err)
	}
	return out, nil
}

// LookAgain has a large file looked at, or looked at anew; a small one is whenever its
// preview is asked for.
func (s *Service) LookAgain(ctx context.Context, c loader.Caller, id core.ID) error {
	f, err := s.Get(ctx, c, id)
	if err != nil || f.RunID != "" || f.Facts.Rows <= LookRows {
		return err
	}
	ask(&f)
	return s.save(ctx, f, core.Record{Warrant: c.View.Warrant(core.Administrator, "")})
}

// Looks gives previews to workers.
type Looks interface {
	// TakeLook leases a file whose preview is due; ErrNotFound where none is.
	TakeLook(ctx context.Context, owner string, now, until time.Time) (core.LoadFile, error)
	// SaveLook stores what was found, or how far it is; ErrStale where the file was
	// changed since, or somebody else has the lease.
	SaveLook(ctx context.Context, owner string, f core.LoadFile, until time.Time) error
}

// Looker looks at large files, one at a time. Every process runs one; make it with its
// fields.
type Looker struct {
	*Service
	Looks Looks
	Owner string // names this process in leases; unique among the replicas
}

// Run works until ctx ends.
func (k *Looker) Run(ctx context.Context) error {
	return rounds.Work(ctx, lookEvery, k.Turn, func(err error) { k.Logger.Warn("a preview stands still", "error", err) })
}

// Turn looks at the file that has waited longest; false where none is due. One that is
// changed or loaded meanwhile is left alone.
func (k *Looker) Turn(ctx context.Context) (bool, error) {
	now := k.Clock()
	f, err := k.Looks.TakeLook(ctx, k.Owner, now, now.Add(core.LoadLease))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	found, err := k.look(ctx, f)
	switch kind := core.KindOf(err); {
	case errors.Is(err, core.ErrStale):
		return true, nil
	case err == nil:
		f.LookState, f.Look = core.LoadLookDone, core.LoadLook{At: k.Clock(), Rows: f.Facts.Rows, Found: found}
	case kind == core.Internal || kind == core.Unavailable:
		return true, errors.Join(err, k.save(context.WithoutCancel(ctx), f, k.Clock().Add(afterError)))
	default:
		f.LookState, f.Look = core.LoadLookFailed, core.LoadLook{At: k.Clock(), Fault: core.CodeOf(err)}
	}
	return true, k.save(ctx, f, k.Clock())
}

func (k *Looker) save(ctx context.Context, f core.LoadFile, until time.Time) error {
	err := k.Looks.SaveLook(ctx, k.Owner, f, until)
	if errors.Is(err, core.ErrStale) {
		return nil
	}
	return err
}

// look says what the load of a file would do, as whoever put it up.
func (k *Looker) look(ctx context.Context, f core.LoadFile) (string, error) {
	acc, org, err := k.People.AccountByID(ctx, f.OrganizationID, f.By.ID)
	if err == nil && !acc.User.CanAdminister() {
		err = core.NewError(core.Forbidden, core.LoadRightLost)
	}
	if err != nil {
		return "", err
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true} // nothing is done; starting it asks to confirm
	rows, err := k.open(ctx, f)
	if err != nil {
		return "", err
	}
	defer rows.close()
	told := k.Clock()
	p, err := k.Loads.Preview(ctx, c, loader.Look{Order: f.Order, Columns: f.Facts.Columns, Keep: lookKept, Progress: func(n int) error {
		now := k.Clock()
		if now.Sub(told) < tellEvery {
			return nil
		}
		told, f.Look = now, core.LoadLook{Rows: n}
		return k.Looks.SaveLook(ctx, k.Owner, f, now.Add(core.LoadLease))
	}}, rows)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(p)
	return string(text), err
}
