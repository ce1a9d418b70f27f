package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// loadFieldText is the text of a field of a target.
func loadFieldText(field string) string { return "loading.field." + field }

// loadPlace is the name of a column's choice in the form.
func loadPlace(at int) string { return "c" + strconv.Itoa(at) }

// loadNames are the fields of the form beside those of columns.
func loadNames() []string {
	return []string{"key", "on_error", "clear", "exact", "identity", "absent", "threshold"}
}

// loadForm puts an order into the form.
func (s *Site) loadForm(f core.LoadFile, form Form) Form {
	o := f.Order
	for i, c := range o.Columns {
		form.order = append(form.order, loadPlace(i))
		if c.Enabled {
			form = form.With(loadPlace(i), c.Field)
		}
	}
	form.order = append(form.order, loadNames()...)
	return orderForm(o, form)
}

// orderForm puts what an order says beside the columns into a form.
func orderForm(o core.LoadOrder, form Form) Form {
	form = form.With("key", o.Key).With("on_error", string(o.OnError)).With("threshold", strconv.Itoa(o.Threshold))
	for name, on := range map[string]bool{"clear": o.Clear, "exact": o.Exact, "identity": o.Identity, "absent": o.Absent} {
		if on {
			form = form.With(name, "on")
		}
	}
	return form
}

// loadOrder is the order that a form says.
func loadOrder(f core.LoadFile, form Form) core.LoadOrder {
	o := orderOptions(f.Order.Target, form)
	for i, name := range f.Facts.Columns {
		field := form.Value(loadPlace(i))
		o.Columns = append(o.Columns, core.LoadColumn{Column: name, Field: field, Enabled: field != ""})
	}
	return o
}

// orderOptions is what a form says of an order beside the columns.
func orderOptions(t core.LoadTarget, form Form) core.LoadOrder {
	o := core.LoadOrder{
		Target: t, Key: form.Value("key"), OnError: core.LoadErrors(form.Value("on_error")), Clear: form.Ticked("clear"),
		Exact: form.Ticked("exact"), Identity: form.Ticked("identity"), Absent: form.Ticked("absent"), Threshold: core.LoadThreshold,
	}
	if o.Target == core.LoadMemberships {
		o.Key = ""
	}
	if o.Absent {
		n, err := strconv.Atoi(form.Value("threshold"))
		if err != nil {
			n = -1 // is refused
		}
		o.Threshold = n
	}
	return o
}

// loadFields gives what is wrong with fields of the target to the choices of columns,
// where people mend it: the one that has the field, or the first that has none.
func loadFields(f core.LoadFile, err error) error {
	var e *core.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	moved, taken := map[string]*core.Error{}, map[int]bool{}
	for _, field := range loader.Fields(f.Order.Target) {
		wrong := e.Fields[field.Name]
		if wrong == nil {
			continue
		}
		at := -1
		for i, c := range f.Order.Columns {
			if c.Enabled && c.Field == field.Name {
				at = i // the last of two
			}
		}
		if at < 0 {
			at = slices.IndexFunc(f.Order.Columns, func(c core.LoadColumn) bool { return !c.Enabled })
			for i, c := range f.Order.Columns {
				if !c.Enabled && !taken[i] {
					at = i
					break
				}
			}
		}
		at = max(at, 0)
		taken[at], moved[loadPlace(at)] = true, wrong
	}
	for _, name := range loadNames() {
		if wrong := e.Fields[name]; wrong != nil {
			moved[name] = wrong
		}
	}
	return &core.Error{Kind: e.Kind, Code: e.Code, Fields: moved}
}

func (s *Site) loadMapShow(w http.ResponseWriter, r *http.Request) error {
	return s.loadMapRender(w, r, http.StatusOK, Form{})
}

func (s *Site) loadMap(w http.ResponseWriter, r *http.Request) error {
	c, id := loadCaller(r), core.ID(r.PathValue("id"))
	f, err := s.deps.LoadFiles.Get(r.Context(), c, id)
	if err != nil {
		return err
	}
	names := loadNames()
	for i := range f.Facts.Columns {
		names = append(names, loadPlace(i))
	}
	form, err := s.readForm(r, names...)
	if err != nil {
		return err
	}
	f.Order = loadOrder(f, form)
	if err := s.deps.LoadFiles.Map(r.Context(), c, id, f.Order); err != nil {
		failed, here := form.Failed(loadFields(f, err), "c0")
		if !here {
			return err
		}
		return s.loadMapRender(w, r, statusOf(w, err), failed)
	}
	if err := s.deps.LoadFiles.LookAgain(r.Context(), c, id); err != nil {
		return err
	}
	return see(w, r, loadPath+"/files/"+string(id)+"/preview")
}

// loadSamples is how many cells of a column are shown.
const loadSamples = 3

func (s *Site) loadMapRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	c := loadCaller(r)
	f, err := s.deps.LoadFiles.Get(r.Context(), c, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if f.RunID != "" {
		return see(w, r, loadPath+"/runs/"+string(f.RunID))
	}
	samples, err := s.deps.LoadFiles.Samples(r.Context(), f, loadSamples)
	if err != nil {
		return err
	}
	if !form.Ticked("on_error") { // nothing of the mapping was sent
		wrong := form.wrong
		form = s.loadForm(f, form)
		form.wrong = wrong
	}
	with, err := s.loadWith(r, f)
	if err != nil {
		return err
	}
	page := &LoadMapPage{
		LoadWith: with,
		Frame:    Frame{Title: "loading.map.title", TitleWith: []any{"name", f.Name}, Section: "load", Trail: crumbs(crumbLoad()), Form: s.loadWords(r, form)},
		ID:       f.ID, Name: f.Name, Kind: loadTargetText(f.Order.Target), Rows: int64(f.Facts.Rows), Facts: f.Facts,
		People: f.Order.Target == core.LoadPeople, Columns: loadColumns(f, form, samples),
	}
	for _, field := range loader.Fields(f.Order.Target) {
		if field.Required {
			there := slices.ContainsFunc(page.Columns, func(c LoadColumn) bool { return form.Value(c.Place) == field.Name })
			page.Needs = append(page.Needs, LoadNeed{loadFieldText(field.Name), there})
		}
	}
	for i := range page.Columns {
		page.Columns[i].Err = page.Form.Error(page.Columns[i].Place)
	}
	page.Keys = keyOptions(f.Order.Target, form)
	for _, name := range loadfile.Encodings() {
		page.Encodings = append(page.Encodings, UserOption{Value: name, Name: name, Chosen: name == f.Facts.Encoding})
	}
	for i, d := range loadfile.Delimiters() {
		text := []string{"loading.comma", "loading.semicolon", "loading.tab", "loading.bar"}[i]
		page.Delimiters = append(page.Delimiters, UserOption{Value: d, Text: text, Chosen: d == f.Facts.Delimiter})
	}
	return s.Render(w, r, status, page)
}

// keyOptions are the fields that rows of a target can be known by.
func keyOptions(t core.LoadTarget, form Form) []UserOption {
	var all []UserOption
	for _, field := range loader.Fields(t) {
		if field.Key {
			all = append(all, UserOption{Value: field.Name, Text: loadFieldText(field.Name), Chosen: form.Value("key") == field.Name})
		}
	}
	return all
}

// loadWords names fields as the page does in what is wrong with the form.
func (s *Site) loadWords(r *http.Request, form Form) Form {
	text := s.printer(r, visitOf(r).view)
	for name, wrong := range form.wrong {
		if field, ok := wrong.Params["field"].(string); ok {
			form = form.Wrong(name, wrong.With("field", text.LoadField(field)))
		}
	}
	return form
}

// loadColumns are the columns of a file as the form has them. Of a column that holds
// secrets nothing is shown.
func loadColumns(f core.LoadFile, form Form, samples [][]string) []LoadColumn {
	suggested := loader.Suggest(f.Order.Target, f.Facts.Columns)
	out := make([]LoadColumn, len(f.Facts.Columns))
	for i, name := range f.Facts.Columns {
		c := LoadColumn{Place: loadPlace(i), Name: name, Filled: int64(f.Facts.Filled[i] * 100 / max(f.Facts.Rows, 1))}
		chosen := form.Value(c.Place)
		c.Suggested = chosen != "" && chosen == suggested[i].Field
		secret := false
		for _, field := range loader.Fields(f.Order.Target) {
			c.Fields = append(c.Fields, UserOption{Value: field.Name, Text: loadFieldText(field.Name), Chosen: chosen == field.Name})
			secret = secret || field.Secret && (chosen == field.Name || suggested[i].Field == field.Name)
		}
		if !secret {
			c.Samples = samples[i]
		}
		out[i] = c
	}
	return out
}
