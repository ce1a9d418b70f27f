package loadfile

import "github.com/sallyport/sallyport/internal/table"

// Encodings are what a text can be written in.
func Encodings() []string { return table.Encodings() }

// Delimiters are what can stand between the columns of a text.
func Delimiters() []string {
	var all []string
	for _, d := range table.Delimiters() {
		all = append(all, string(d))
	}
	return all
}
