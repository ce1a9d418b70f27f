package core

import "strings"

// Cell returns a text as it may stand in a file for spreadsheets: behind a quote
// where it could be taken for a formula, and with control characters other than
// tabs and line feeds shown as marks (UP2).
func Cell(text string) string {
	shown := strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' || c >= 0x7f && c < 0xa0 {
			return '\uFFFD'
		}
		return c
	}, text)
	begins := strings.TrimLeft(text, " \t\r\n\x00")
	if text != "" && strings.ContainsRune("\t\r\n\x00", rune(text[0])) || begins != "" && strings.ContainsRune("=+-@", rune(begins[0])) {
		return "'" + shown
	}
	return shown
}
