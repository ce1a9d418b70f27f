// Package words holds every sentence people read, by id and language, and puts
// values, times and lengths of time into them.
//
// It owns: the catalogues (one folder a language, one TOML file an area), the
// choice of a language, plural forms, the form of dates, times and numbers, and the
// sentence of each [core.Error] code under the id error.CODE.
//
// It does not own: markup (pages and emails escape what they are given), the
// choice of what to say, or the language a person wants.
//
// A new language is one more file, for example internal/words/de/de.toml, with the
// same ids: it is then offered wherever a language is chosen. It may be split into
// areas, as English and Spanish are. A text that is missing is shown in English.
// The tests of this package read the sources and pages of the whole house and fail
// on an id that is used but not written, written but not used, or used without a
// value that its text needs; and on a language that says less than English, or
// gives another value.
//
// Neighbours: mail, httpx and the pages print through it; it imports core.
package words
