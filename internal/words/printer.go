package words

import (
	"errors"
	"fmt"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"

	"github.com/sallyport/sallyport/internal/core"
)

// Printer renders texts in one language. Its zero value prints nothing of use;
// [Catalogue.Printer] makes one.
type Printer struct {
	catalogue *Catalogue
	localizer *i18n.Localizer
	english   *i18n.Localizer // for what is missing in the language
	language  string
	zone      string
}

// In returns a printer that shows the moments among the values of a text in
// this zone (IANA name); without it they are shown in UTC and say so.
func (p Printer) In(zone string) Printer {
	p.zone = zone
	return p
}

// Language returns the BCP 47 tag of the texts.
func (p Printer) Language() string { return p.language }

// T returns the text of an id. Pairs are names and values for its parameters;
// the value named "count" also selects the plural form. A [time.Duration] is
// put into words, a [time.Time] is shown in the printer's zone, an int is written
// as [Printer.Number] does, a [Device] as [Printer.Device]. An id that does not exist, or a text that needs a value it was not given, comes out as ⟦id⟧,
// so that it is seen; the tests of package words find it before.
func (p Printer) T(id string, pairs ...any) string {
	values := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	text, err := p.render(id, values)
	if err != nil {
		return "⟦" + id + "⟧"
	}
	return text
}

// Error returns the sentence of an error: that of its code for a [core.Error],
// that of error.internal for any other, whose text is for the log alone, and
// for one of kind Internal that has no sentence of its own. The parameter "count", or else "left", selects the plural form.
func (p Printer) Error(err error) string {
	var e *core.Error
	if !errors.As(err, &e) || e == nil || e.Kind == core.Internal && !p.catalogue.Has("error."+e.Code) {
		return p.T("error.internal")
	}
	values := make(map[string]any, len(e.Params)+1)
	for name, value := range e.Params {
		values[name] = value
	}
	if left, ok := values["left"]; ok && values["count"] == nil {
		values["count"] = left
	}
	text, failed := p.render("error."+e.Code, values)
	if failed != nil {
		return "⟦error." + e.Code + "⟧"
	}
	return text
}

// strict makes a value that a text needs and was not given an error.
func strict() template.Parser { return &template.TextParser{Option: "missingkey=error"} }

func (p Printer) render(id string, values map[string]any) (string, error) {
	count, counted := values["count"]
	for name, value := range values {
		switch v := value.(type) {
		case int:
			values[name] = p.Number(int64(v))
		case int64:
			values[name] = p.Number(v)
		case Language:
			values[name] = p.catalogue.Name(string(v))
		case Device:
			values[name] = p.Device(string(v))
		case time.Duration:
			values[name] = p.Duration(v)
		case time.Time:
			values[name] = p.moment(v)
		case *core.Error:
			values[name] = p.Error(v)
		}
	}
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: values, TemplateParser: strict()}
	message, localizer := p.catalogue.texts[p.language][id], p.localizer
	if message == nil {
		message, localizer = p.catalogue.texts[fallback][id], p.english
	}
	if counted && plural(message) {
		config.PluralCount = count
	}
	return localizer.Localize(config)
}

// plural reports whether a text has forms to choose from.
func plural(m *i18n.Message) bool {
	return m != nil && (m.Zero != "" || m.One != "" || m.Two != "" || m.Few != "" || m.Many != "")
}

// moment is a time among the values of a text.
func (p Printer) moment(t time.Time) string {
	if p.zone == "" {
		return p.TimeAndZone(t, "")
	}
	return p.Time(t, p.zone)
}
