package loader

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// ChangePackage stores another name and order of a package, as it was at p's version,
// for somebody at a page: what they confirmed is their right to what it does.
func (s *Service) ChangePackage(ctx context.Context, c Caller, p core.LoadPackage) error {
	was, err := s.Package(ctx, c, string(p.ID)) // without one, saving would make a new one
	if err != nil {
		return err
	}
	p.ID = was.ID
	_, err = s.SavePackage(ctx, s.atPage(c), p)
	return err
}

// DuplicatePackage makes another package of that name that says the same. Where the
// caller has made that very package already, a second click asked for it again, and it
// is the answer; any other package of the name is refused.
func (s *Service) DuplicatePackage(ctx context.Context, c Caller, id core.ID, name string) (core.LoadPackage, error) {
	was, err := s.Package(ctx, c, string(id))
	if err != nil {
		return core.LoadPackage{}, err
	}
	made, err := s.SavePackage(ctx, s.atPage(c), core.LoadPackage{Name: name, Order: was.Order})
	if !takenName(err) {
		return made, err
	}
	there, gone := s.Kept.LoadPackageByName(ctx, was.OrganizationID, onOneLine(name))
	if gone == nil && there.ID != was.ID && there.By.ID == c.View.Account.User.ID && Alike(there.Order, was.Order) {
		return there, nil
	}
	return core.LoadPackage{}, err
}

// takenName reports whether another package has the name.
func takenName(err error) bool {
	var e *core.Error
	return errors.As(err, &e) && e.Fields["name"] != nil && e.Fields["name"].Code == "load.package_taken"
}

// atPage is a caller at a page: they may do what they confirmed.
func (s *Service) atPage(c Caller) Caller {
	c.Identity = c.Identity || c.View.Session.Confirmed(s.Clock())
	return c
}

// columnName is how long the name of a column may be, in characters.
const columnName = 1000

// Remap returns an order whose fields are the columns of other names, and what is wrong
// with them. A field without a name is left out. The columns keep their turn, and those
// that are left out of files stay left out. A file says one thing with one column: it
// cannot be two fields.
func Remap(o core.LoadOrder, names map[string]string) (core.LoadOrder, error) {
	fields, placed := map[string]string{}, map[string]bool{}
	for _, f := range Fields(o.Target) {
		if name := onOneLine(names[f.Name]); name != "" {
			fields[f.Name] = name
		}
	}
	var out, left []core.LoadColumn
	put := func(field string) {
		if fields[field] != "" && !placed[field] {
			placed[field] = true
			out = append(out, core.LoadColumn{Column: fields[field], Field: field, Enabled: true})
		}
	}
	for _, c := range o.Columns {
		if c.Enabled && c.Field != "" {
			put(c.Field)
		} else {
			left = append(left, c)
		}
	}
	for _, f := range Fields(o.Target) {
		put(f.Name)
	}
	for _, c := range left {
		if !slices.ContainsFunc(out, func(is core.LoadColumn) bool { return strings.EqualFold(is.Column, c.Column) }) {
			out = append(out, c)
		}
	}
	o.Columns = out
	return o, columnsWrong(o, fields)
}

// columnsWrong says which names of columns no file can have, and which are given twice.
func columnsWrong(o core.LoadOrder, fields map[string]string) error {
	wrong := map[string]*core.Error{}
	var seen []string
	for _, f := range Fields(o.Target) {
		name := fields[f.Name]
		switch {
		case name == "":
			continue
		case utf8.RuneCountInString(name) > columnName:
			wrong[f.Name] = core.NewError(core.Invalid, "load.column_name").With("count", columnName)
		case slices.ContainsFunc(seen, func(s string) bool { return strings.EqualFold(s, name) }):
			wrong[f.Name] = core.NewError(core.Invalid, "load.column_twice").With("column", name)
		}
		seen = append(seen, name)
	}
	if len(wrong) > 0 {
		return &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: wrong}
	}
	return nil
}

// CheckPackage says what is wrong with an order that is kept, whatever file it is for.
func CheckPackage(o core.LoadOrder) error {
	columns := make([]string, len(o.Columns))
	for i, column := range o.Columns {
		columns[i] = column.Column
	}
	return Check(o, columns)
}

// onOneLine is a name without space around it or twice within.
func onOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
