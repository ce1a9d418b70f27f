package api

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
)

// LoadColumn says what a column of a file is.
type LoadColumn struct {
	Column  string `json:"column" maxLength:"1000"`
	Field   string `json:"field,omitempty" maxLength:"40"`
	Enabled bool   `json:"enabled"`
}

// LoadOrder is how the rows of a file are understood.
type LoadOrder struct {
	Target           string       `json:"target" enum:"people,groups,memberships"`
	KeyField         string       `json:"key_field,omitempty" maxLength:"40"`
	Columns          []LoadColumn `json:"columns" nullable:"false" maxItems:"64"`
	OnError          string       `json:"on_error,omitempty" enum:"skip,stop" default:"skip"`
	ClearEmpty       bool         `json:"clear_empty,omitempty"`
	ExactGroups      bool         `json:"exact_groups,omitempty"`
	ChangeIdentities bool         `json:"change_identities,omitempty"`
	DeactivateAbsent bool         `json:"deactivate_absent,omitempty"`
	AbsentLimit      int          `json:"absent_limit,omitempty" minimum:"0" maximum:"100" default:"10"`
}

func loadOrder(o core.LoadOrder) LoadOrder {
	out := LoadOrder{
		Target: string(o.Target), KeyField: o.Key, Columns: []LoadColumn{}, OnError: string(o.OnError), ClearEmpty: o.Clear, ExactGroups: o.Exact,
		ChangeIdentities: o.Identity, DeactivateAbsent: o.Absent, AbsentLimit: o.Threshold,
	}
	for _, c := range o.Columns {
		out.Columns = append(out.Columns, LoadColumn(c))
	}
	return out
}

func (o LoadOrder) order() core.LoadOrder {
	out := core.LoadOrder{
		Target: core.LoadTarget(o.Target), Key: o.KeyField, OnError: core.LoadErrors(o.OnError), Clear: o.ClearEmpty, Exact: o.ExactGroups,
		Identity: o.ChangeIdentities, Absent: o.DeactivateAbsent, Threshold: o.AbsentLimit,
	}
	for _, c := range o.Columns {
		out.Columns = append(out.Columns, core.LoadColumn(c))
	}
	return out
}

// LoadCounts says what became of rows.
type LoadCounts struct {
	Added       int `json:"added"`
	Updated     int `json:"updated"`
	Unchanged   int `json:"unchanged"`
	Rejected    int `json:"rejected"`
	Deactivated int `json:"deactivated"`
}

// Load is one load of one file.
type Load struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	State       string     `json:"state" enum:"running,done,stopped,failed"`
	Undo        string     `json:"undo,omitempty" enum:"undoing,undone,halted"`
	Reason      string     `json:"reason,omitempty"`
	Detail      string     `json:"detail,omitempty"`
	NextRow     int        `json:"next_row"`
	TotalRows   int        `json:"total_rows,omitempty"`
	Counts      LoadCounts `json:"counts"`
	Order       LoadOrder  `json:"order"`
	ColumnNames []string   `json:"column_names" nullable:"false"`
	Package     string     `json:"package,omitempty"`
	Hash        string     `json:"hash,omitempty"`
	Actor       string     `json:"actor"`
	StartedAt   time.Time  `json:"started_at"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
}

func (a *Resources) loadBody(c *call, l core.LoadRun) Load {
	out := Load{
		ID: string(l.ID), Name: l.Name, State: string(l.State), Undo: string(l.Undo.State), Reason: l.Reason, NextRow: l.Next, TotalRows: l.Total, Counts: LoadCounts(l.Counts),
		Order: loadOrder(l.Order), ColumnNames: append([]string{}, l.Columns...), Package: l.PackageName, Hash: l.Hash, Actor: l.By.Name,
		StartedAt: stored(l.StartedAt), EndedAt: moment(l.EndedAt),
	}
	if l.Reason != "" {
		out.Detail = a.Printer(c.request).Error(core.NewError(core.Conflict, l.Reason))
	}
	return out
}

// LoadsAsked is which loads are asked for.
type LoadsAsked struct {
	Page
	Outcome string    `query:"outcome" enum:"running,succeeded,partly,failed,stopped,undone"`
	Via     string    `query:"via" enum:"page,key,password"`
	Package string    `query:"package" maxLength:"400"`
	From    time.Time `query:"from"`
	Until   time.Time `query:"until"`
}

// LoadAnswer is a load.
type LoadAnswer struct{ Body Load }

// LoadBegun is a new load and where it is.
type LoadBegun struct {
	Location string `header:"Location"`
	Body     Load
}

// NewLoad is what a load is begun with: an order, or a package that has one, or what
// the names of the columns suggest for a target.
type NewLoad struct {
	Name        string     `json:"name" minLength:"1" maxLength:"400"`
	ColumnNames []string   `json:"column_names" nullable:"false" minItems:"1" maxItems:"64"`
	FirstRow    int        `json:"first_row" minimum:"1" maximum:"100000000"`
	TotalRows   int        `json:"total_rows,omitempty" minimum:"0" maximum:"100000000"`
	Hash        string     `json:"hash,omitempty" maxLength:"64" pattern:"^[0-9a-f]*$"`
	Package     string     `json:"package,omitempty" maxLength:"400"`
	Order       *LoadOrder `json:"order,omitempty"`
	Target      string     `json:"target,omitempty" enum:"people,groups,memberships"`
}

// LoadAsked is the request for a load.
type LoadAsked struct{ Body NewLoad }

// addLoads adds the Data Loader. Its pages ask to confirm the start of a load; a key
// does it where it was made for loading, which was confirmed then.
func (a *Resources) addLoads() {
	const one = "/loads/{id}"
	add(a, operation{"list-load-fields", http.MethodGet, "/load-fields", "loads", needLoader, http.StatusOK}, a.loadFields)
	add(a, operation{"list-loads", http.MethodGet, "/loads", "loads", needLoader, http.StatusOK}, a.listLoads)
	add(a, operation{"begin-load", http.MethodPost, "/loads", "loads", needLoader, http.StatusCreated}, a.beginLoad)
	add(a, operation{"get-load", http.MethodGet, one, "loads", needLoader, http.StatusOK}, a.getLoad)
	add(a, operation{"load-rows", http.MethodPost, one + "/rows", "loads", needLoader, http.StatusOK}, a.loadRows)
	add(a, operation{"finish-load", http.MethodPost, one + "/finish", "loads", needLoader, http.StatusOK}, func(c *call, in *Named) (*LoadAnswer, error) {
		return a.loadAnswer(c)(a.Loads.Finish(c.ctx(), c.loads(), core.ID(in.ID)))
	})
	add(a, operation{"stop-load", http.MethodPost, one + "/stop", "loads", needLoader, http.StatusOK}, func(c *call, in *Named) (*LoadAnswer, error) {
		return a.loadAnswer(c)(a.Loads.Stop(c.ctx(), c.loads(), core.ID(in.ID), core.LoadByPerson))
	})
	add(a, operation{"list-rejected-rows", http.MethodGet, one + "/rejected-rows", "loads", needLoader, http.StatusOK}, a.rejectedRows)
	add(a, operation{"list-row-results", http.MethodGet, one + "/results", "loads", needLoader, http.StatusOK}, a.rowResults)
	add(a, operation{"preview-rows", http.MethodPost, "/load-previews", "loads", needLoader, http.StatusOK}, a.previewRows)
	a.addLoadPackages()
}

// loads is who loads: they go as far as the key does (AK4).
func (c *call) loads() loader.Caller {
	return loader.Caller{View: c.view, Origin: c.origin, Identity: c.key.Key.Has(core.ScopeLoaderIdentity)}
}

// loadAnswer makes an answer of what the loader returns.
func (a *Resources) loadAnswer(c *call) func(l core.LoadRun, err error) (*LoadAnswer, error) {
	return func(l core.LoadRun, err error) (*LoadAnswer, error) {
		if err != nil {
			return nil, err
		}
		return &LoadAnswer{a.loadBody(c, l)}, nil
	}
}

func (a *Resources) getLoad(c *call, in *Named) (*LoadAnswer, error) {
	return a.loadAnswer(c)(a.Loads.Get(c.ctx(), c.loads(), core.ID(in.ID)))
}

func (a *Resources) listLoads(c *call, in *LoadsAsked) (*Listed[Load], error) {
	f := core.LoadFilter{Outcome: core.LoadOutcome(in.Outcome), Via: core.LoadVia(in.Via), From: in.From, Until: in.Until}
	if in.Package != "" {
		_, kept, err := a.orderOf(c, nil, in.Package, "", nil)
		if err != nil {
			return nil, err
		}
		f.PackageID = kept
	}
	list := digest("loads", string(c.view.Organization.ID), in.Outcome, in.Via, string(f.PackageID), in.From.String(), in.Until.String())
	after, err := in.after(list)
	if err != nil {
		return nil, err
	}
	f.Before = core.ID(after)
	all, err := a.Loads.List(c.ctx(), c.loads(), f)
	if err != nil {
		return nil, err
	}
	after = ""
	if most := min(in.Limit, loader.ListLimit); len(all) > most || len(all) == loader.ListLimit {
		all = all[:most]
		after = string(all[most-1].ID)
	}
	items := make([]Load, len(all))
	for i, l := range all {
		items[i] = a.loadBody(c, l)
	}
	return listed(c, list, after, items), nil
}

func (a *Resources) beginLoad(c *call, in *LoadAsked) (*LoadBegun, error) {
	o, of, err := a.orderOf(c, in.Body.Order, in.Body.Package, in.Body.Target, in.Body.ColumnNames)
	if err != nil {
		return nil, err
	}
	l, err := a.Loads.Start(c.ctx(), c.loads(), loader.Begin{
		Order: o, Columns: in.Body.ColumnNames, Name: in.Body.Name, Hash: in.Body.Hash, First: in.Body.FirstRow, Total: in.Body.TotalRows, Package: of,
	})
	if err != nil {
		return nil, err
	}
	body := a.loadBody(c, l)
	return &LoadBegun{httpx.APIPrefix + "loads/" + body.ID, body}, nil
}

// orderOf is the order that a request means, and the package that it is of.
func (a *Resources) orderOf(c *call, o *LoadOrder, of, target string, columns []string) (core.LoadOrder, core.ID, error) {
	var kept core.LoadPackage
	if of != "" {
		var err error
		if kept, err = a.Loads.Package(c.ctx(), c.loads(), of); core.KindOf(err) == core.NotFound {
			return core.LoadOrder{}, "", core.InField("package", core.NewError(core.Invalid, "load.no_package").With("name", of))
		} else if err != nil {
			return core.LoadOrder{}, "", err
		}
	}
	switch {
	case o != nil:
		return o.order(), kept.ID, nil
	case kept.ID != "":
		return loader.FitAll(kept.Order, columns), kept.ID, nil
	case target == "":
		return core.LoadOrder{}, "", core.InField("target", errMissing)
	}
	return loader.NewOrder(core.LoadTarget(target), columns), "", nil
}
