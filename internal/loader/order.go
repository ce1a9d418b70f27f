package loader

import (
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// Suggest says what the columns of a file probably are. A column that nothing
// speaks for is left out, and no field is suggested twice.
func Suggest(t core.LoadTarget, columns []string) []core.LoadColumn {
	taken := map[string]bool{}
	out := make([]core.LoadColumn, len(columns))
	for i, name := range columns {
		out[i] = core.LoadColumn{Column: name}
		for _, f := range Fields(t) {
			if !taken[f.Name] && (slices.Contains(f.spellings, plain(name)) || name == f.Name) {
				out[i].Field, out[i].Enabled, taken[f.Name] = f.Name, true, true
				break
			}
		}
	}
	return out
}

// NewOrder returns the order that a file suggests: people by their address, wrong
// rows left out, empty cells saying nothing.
func NewOrder(t core.LoadTarget, columns []string) core.LoadOrder {
	o := core.LoadOrder{Target: t, Columns: Suggest(t, columns), OnError: core.LoadSkip, Threshold: core.LoadThreshold}
	for _, f := range Fields(t) {
		if f.Key {
			o.Key = f.Name
			break
		}
	}
	return o
}

// Fit is an order that was kept as it is for a file of these columns, and those of its
// columns that the file has not. The case of a name is not looked at: no file has two
// that differ in it alone.
func Fit(o core.LoadOrder, columns []string) (fitted core.LoadOrder, missing []core.LoadColumn) {
	fitted = o
	fitted.Columns = make([]core.LoadColumn, len(columns))
	for i, name := range columns {
		fitted.Columns[i] = core.LoadColumn{Column: name}
	}
	for _, c := range o.Columns {
		at := slices.IndexFunc(columns, func(name string) bool { return strings.EqualFold(name, c.Column) })
		switch {
		case at >= 0:
			c.Column = columns[at]
			fitted.Columns[at] = c
		case c.Enabled && c.Field != "":
			missing = append(missing, c)
		}
	}
	return fitted, missing
}

// FitAll is [Fit] where nobody looks at the order before it is used: what the file
// lacks stays in it, so that whoever loads is told of each such column.
func FitAll(o core.LoadOrder, columns []string) core.LoadOrder {
	fitted, missing := Fit(o, columns)
	fitted.Columns = append(fitted.Columns, missing...)
	return fitted
}

// Maps reports whether some column of an order is a field.
func Maps(o core.LoadOrder, field string) bool {
	return slices.ContainsFunc(o.Columns, func(c core.LoadColumn) bool { return c.Enabled && c.Field == field })
}

// Alike reports whether two orders do the same with a file.
func Alike(a, b core.LoadOrder) bool {
	used := func(o core.LoadOrder) []core.LoadColumn {
		return slices.DeleteFunc(slices.Clone(o.Columns), func(c core.LoadColumn) bool { return !c.Enabled || c.Field == "" })
	}
	if !slices.Equal(used(a), used(b)) || a.Absent && a.Threshold != b.Threshold {
		return false
	}
	return a.Target == b.Target && a.Key == b.Key && a.OnError == b.OnError && a.Clear == b.Clear && a.Exact == b.Exact &&
		a.Identity == b.Identity && a.Absent == b.Absent
}

// layout is where the fields of an order stand in a row.
type layout struct {
	order  core.LoadOrder
	names  []string       // the file's columns
	place  map[string]int // field to column
	fields []string       // those of place, in the order of the target
	secret map[int]bool   // columns whose cells are shown nowhere
}

// Check says what is wrong with an order for a file of these columns. Its fields
// are those of the target, "key", "on_error" and "threshold".
func Check(o core.LoadOrder, columns []string) error {
	_, err := newLayout(o, columns)
	return err
}

func newLayout(o core.LoadOrder, columns []string) (layout, error) {
	l := layout{order: o, names: columns, place: map[string]int{}, secret: map[int]bool{}}
	wrong := map[string]*core.Error{}
	if !slices.Contains(core.LoadTargets(), o.Target) {
		return l, core.InField("target", core.NewError(core.Invalid, "load.target"))
	}
	for _, c := range o.Columns {
		at := slices.Index(columns, c.Column)
		if c.Enabled && c.Field != "" && at < 0 {
			wrong[c.Field] = core.NewError(core.Invalid, "load.column_gone").With("column", c.Column)
		}
		f, known := fieldNamed(o.Target, c.Field)
		if known && f.Secret && at >= 0 {
			l.secret[at] = true // also where it is left out: nobody wants to read it in a report
		}
		if !c.Enabled || c.Field == "" || at < 0 {
			continue
		}
		if !known {
			return l, core.InField("columns", core.NewError(core.Invalid, "load.field").With("field", c.Field))
		}
		if _, twice := l.place[c.Field]; twice {
			wrong[c.Field] = core.NewError(core.Invalid, "load.field_twice").With("field", c.Field)
		}
		l.place[c.Field] = at
	}
	for _, f := range Fields(o.Target) {
		if _, placed := l.place[f.Name]; placed {
			l.fields = append(l.fields, f.Name)
		}
	}
	l.required(wrong)
	if o.OnError != core.LoadSkip && o.OnError != core.LoadStop {
		wrong["on_error"] = core.NewError(core.Invalid, "load.on_error")
	}
	if o.Absent && (o.Target != core.LoadPeople || o.Threshold < 0 || o.Threshold > 100) {
		wrong["threshold"] = core.NewError(core.Invalid, "load.threshold")
	}
	if len(wrong) > 0 {
		return l, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: wrong}
	}
	return l, nil
}

// required notes what a file for the order must have and has not.
func (l layout) required(wrong map[string]*core.Error) {
	o := l.order
	if o.Target != core.LoadMemberships {
		f, known := fieldNamed(o.Target, o.Key)
		if _, placed := l.place[o.Key]; !known || !f.Key {
			wrong["key"] = core.NewError(core.Invalid, "load.key")
		} else if !placed && wrong[o.Key] == nil {
			wrong[o.Key] = core.NewError(core.Invalid, "load.field_missing").With("field", o.Key)
		}
	}
	for _, f := range Fields(o.Target) {
		// A file that only updates people needs no more than its key.
		if _, placed := l.place[f.Name]; f.Required && !placed && o.Target == core.LoadMemberships && wrong[f.Name] == nil {
			wrong[f.Name] = core.NewError(core.Invalid, "load.field_missing").With("field", f.Name)
		}
	}
}

// column returns the file's name for a field; empty where it has none.
func (l layout) column(field string) string {
	if at, ok := l.place[field]; ok {
		return l.names[at]
	}
	return ""
}
