package words

import (
	"maps"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// LoadField is a field of the Data Loader as people read it.
func (p Printer) LoadField(name string) string { return p.T("loading.field." + name) }

// LoadProblem is what is wrong with a row, with its field as people read it.
// [Printer.Error] makes it a sentence.
func (p Printer) LoadProblem(is core.LoadProblem) *core.Error {
	e := core.NewError(core.Invalid, is.Code)
	for name, value := range is.Params {
		switch v := value.(type) {
		case string:
			if name == "field" {
				value = p.LoadField(v)
			}
		case float64: // it was stored as JSON
			value = int(v)
		}
		e = e.With(name, value)
	}
	return e
}

// LoadWrong is what is wrong with a row, where what to do about it stands beside it. A
// problem without words of its own is said as an error is.
func (p Printer) LoadWrong(is core.LoadProblem) string {
	e := p.LoadProblem(is)
	if text, err := p.render("loading.wrong."+is.Code, maps.Clone(e.Params)); err == nil {
		return text
	}
	return p.Error(e)
}

// LoadKind is [Printer.LoadWrong] of all rows with the problem of one.
func (p Printer) LoadKind(is core.LoadProblem) string {
	params := maps.Clone(p.LoadProblem(is).Params)
	for name, value := range params {
		if _, number := value.(int); !number || name != "count" { // that one selects the plural form
			params[name] = "…"
		}
	}
	text, err := p.render("loading.wrong."+is.Code, params)
	if err != nil {
		return p.LoadWrong(is)
	}
	return strings.ReplaceAll(text, "….", "…") // the dots end the sentence, too
}

// LoadFix is what to do about a row that is wrong.
func (p Printer) LoadFix(is core.LoadProblem) string {
	if text, err := p.render("loading.fix."+is.Code, map[string]any{}); err == nil {
		return text
	}
	return p.T("loading.fix_other")
}

// LoadFault is why a schedule failed. [Printer.Error] makes it a sentence.
func (p Printer) LoadFault(is core.LoadFault) *core.Error {
	e := p.LoadProblem(core.LoadProblem{Code: is.Code, Params: is.Params})
	if wait, ok := e.Params["wait"].(int); ok {
		e = e.With("wait", time.Duration(wait))
	}
	return e
}
