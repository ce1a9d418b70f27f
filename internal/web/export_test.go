package web

import "github.com/sallyport/sallyport/internal/core"

// Keeps is the table of what is kept of forms.
func Keeps() map[string][]string { return keeps() }

// Told is the group of every kind of event that has a sentence.
func Told() map[string]string {
	all := map[string]string{}
	for _, t := range tellings() {
		all[t.kind] = t.group
	}
	return all
}

// ForOthers is a sentence about what happened as administrators read it.
func ForOthers(text string) string { return forOthers(text) }

// ToldOfOthers are the sentences that have one for administrators.
func ToldOfOthers() map[string]string { return toldOfOthers() }

// ActivityGroups are the choices of the filter.
func ActivityGroups() []string { return activityGroups() }

// MarkText writes a place into an address, and ReadMark reads it.
func MarkText(m core.EventMark) string { return markText(m) }

// ReadMark reads a place of an address.
func ReadMark(text string) (core.EventMark, bool) { return readMark(text) }

// FrameOf is the frame of a page.
func FrameOf(page Page) *Frame { return page.frame() }
