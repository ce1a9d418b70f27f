package words

import "github.com/sallyport/sallyport/internal/core"

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
