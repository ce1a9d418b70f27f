package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/loadfile"
)

// encoding is what a text is written in, by the name that the pages have for it.
type encoding string

// UnmarshalText takes the name in any case.
func (e *encoding) UnmarshalText(typed []byte) error {
	at := slices.IndexFunc(loadfile.Encodings(), func(name string) bool { return strings.EqualFold(name, string(typed)) })
	if at < 0 {
		return fmt.Errorf("there is no encoding %q; there are %s", clean(string(typed)), strings.Join(loadfile.Encodings(), ", "))
	}
	*e = encoding(loadfile.Encodings()[at])
	return nil
}

func (encoding) names() []string { return loadfile.Encodings() }

// delimiter is what stands between the columns of a text, by the name that the pages
// have for it.
type delimiter string

// UnmarshalText takes the name in any case, and the sign itself.
func (d *delimiter) UnmarshalText(typed []byte) error {
	name := delimiter(strings.ToLower(string(typed)))
	if at := slices.Index(loadfile.Delimiters(), string(typed)); at >= 0 {
		name = delimiter(d.names()[at])
	}
	if !slices.Contains(d.names(), string(name)) {
		return fmt.Errorf("between columns stands a %s, and not %q", strings.Join(d.names(), ", "), clean(string(typed)))
	}
	*d = name
	return nil
}

// names are in the order of [loadfile.Delimiters].
func (delimiter) names() []string { return []string{"comma", "semicolon", "tab", "bar"} }

// sign is the delimiter itself; 0: it is to be guessed.
func (d delimiter) sign() rune {
	if at := slices.Index(d.names(), string(d)); at >= 0 {
		return []rune(loadfile.Delimiters()[at])[0]
	}
	return 0
}
