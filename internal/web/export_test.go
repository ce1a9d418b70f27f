package web

// Keeps is the table of what is kept of forms.
func Keeps() map[string][]string { return keeps() }
