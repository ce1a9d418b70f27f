package loader

import (
	"path"
	"strings"
	"unicode"
)

// maxName is how long the name of a file is at most, in letters.
const maxName = 120

// FileName is the name of a file as it is shown: without the folders that some
// browsers send along, on one line, and no other way round than it is. It is never
// empty, since it is what leads to the page of its load.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, name)), " ")
	if r := []rune(name); len(r) > maxName {
		name = string(r[:maxName])
	}
	if strings.Trim(name, "./ ") == "" {
		return "file"
	}
	return name
}
