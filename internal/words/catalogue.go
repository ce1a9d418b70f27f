package words

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed */*.toml
var files embed.FS

// fallback is the language a text is shown in where the wanted one lacks it.
const fallback = "en"

// Catalogue is every text in every language. It never changes once loaded, so
// any number of goroutines may print from it.
type Catalogue struct {
	bundle  *i18n.Bundle
	matcher language.Matcher
	tags    []language.Tag                      // the fallback first
	texts   map[string]map[string]*i18n.Message // language, id
	zones   sync.Map                            // IANA name to *time.Location
}

// languageName is the text that a language calls itself by.
const languageName = "language.name"

// Load reads the catalogues built into the program.
func Load() (*Catalogue, error) { return LoadFS(files) }

// LoadFS reads the catalogues under fsys: a folder a language, named by its
// BCP 47 tag, each with any number of TOML files: one is enough. English must be
// among them.
// An id that stands twice in one language is an error, and so is an empty text.
func LoadFS(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{bundle: i18n.NewBundle(language.English), texts: map[string]map[string]*i18n.Message{}}
	names, err := fs.Glob(fsys, "*/*.toml")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	for _, name := range names {
		if err := c.read(fsys, name); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", name, err)
		}
	}
	if len(c.texts[fallback]) == 0 {
		return nil, fmt.Errorf("no catalogue for %q", fallback)
	}
	c.tags = []language.Tag{language.English}
	for _, name := range slices.Sorted(maps.Keys(c.texts)) {
		if name != fallback {
			c.tags = append(c.tags, language.Make(name))
		}
	}
	c.matcher = language.NewMatcher(c.tags)
	return c, nil
}

// read adds one file.
func (c *Catalogue) read(fsys fs.FS, name string) error {
	tag, err := language.Parse(path.Base(path.Dir(name)))
	if err != nil {
		return fmt.Errorf("folder is not a language: %w", err)
	}
	body, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	messages, err := i18n.ParseMessageBytes(body, toml.Unmarshal)
	if err != nil {
		return err
	}
	known := c.texts[tag.String()]
	if known == nil {
		known = map[string]*i18n.Message{}
		c.texts[tag.String()] = known
	}
	for _, m := range messages {
		if known[m.ID] != nil {
			return fmt.Errorf("text %q is there already", m.ID)
		}
		if m.Other == "" {
			return fmt.Errorf("text %q is empty, or has no form \"other\"", m.ID)
		}
		known[m.ID] = m
	}
	for i, m := range messages {
		messages[i] = whole(m)
	}
	return c.bundle.AddMessages(tag, messages...)
}

// whole is a text with every form its language may ask for: one that is not
// written is the form "other", as CLDR has it. Spanish asks for "many" from a
// million on.
func whole(m *i18n.Message) *i18n.Message {
	if !plural(m) {
		return m
	}
	filled := *m
	for _, form := range []*string{&filled.Zero, &filled.One, &filled.Two, &filled.Few, &filled.Many} {
		if *form == "" {
			*form = m.Other
		}
	}
	return &filled
}

// Has reports whether there is a text of this id.
func (c *Catalogue) Has(id string) bool { return c.texts[fallback][id] != nil }

// IDs returns the ids of all texts, sorted.
func (c *Catalogue) IDs() []string { return c.IDsIn(fallback) }

// IDsIn returns the ids of the texts that one language has, sorted.
func (c *Catalogue) IDsIn(language string) []string {
	return slices.Sorted(maps.Keys(c.texts[language]))
}

// Forms returns the plural forms of a text as written, by their CLDR names,
// with its parameters not filled in; a text without plural has only "other".
func (c *Catalogue) Forms(id string) map[string]string { return c.FormsIn(fallback, id) }

// FormsIn is [Catalogue.Forms] in one language alone: nil where the text is
// missing there.
func (c *Catalogue) FormsIn(language, id string) map[string]string {
	m := c.texts[language][id]
	if m == nil {
		return nil
	}
	forms := map[string]string{
		"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other,
	}
	maps.DeleteFunc(forms, func(_, text string) bool { return text == "" })
	return forms
}

// Languages returns the languages there are, as BCP 47 tags, English first.
func (c *Catalogue) Languages() []string {
	names := make([]string, len(c.tags))
	for i, tag := range c.tags {
		names[i] = tag.String()
	}
	return names
}

// Known reports whether there is a language of exactly this tag.
func (c *Catalogue) Known(language string) bool { return c.texts[language] != nil }

// Name returns what a language calls itself: "Español". It is the tag where the
// language does not say.
func (c *Catalogue) Name(language string) string {
	if m := c.texts[language][languageName]; m != nil {
		return m.Other
	}
	return language
}

// Printer returns a printer in the best language there is for the wanted ones,
// most wanted first. Each may be a BCP 47 tag or a whole Accept-Language value;
// what cannot be read is passed over.
func (c *Catalogue) Printer(languages ...string) Printer {
	var wanted []language.Tag
	for _, text := range languages {
		tags, _, err := language.ParseAcceptLanguage(text)
		if err == nil {
			wanted = append(wanted, tags...)
		}
	}
	_, i, _ := c.matcher.Match(wanted...)
	name := c.tags[i].String()
	return Printer{
		catalogue: c, language: name,
		localizer: i18n.NewLocalizer(c.bundle, name), english: i18n.NewLocalizer(c.bundle, fallback),
	}
}
