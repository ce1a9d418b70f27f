package identifier

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Line returns a name or another short line as it is stored: without white
// space around it and in Unicode's composed form, so that what looks the same
// is the same, whatever keyboard it was typed on.
func Line(typed string) string { return norm.NFC.String(strings.TrimSpace(typed)) }
