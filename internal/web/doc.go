// Package web serves the pages people see: one exported struct per page, one
// template file per struct, one line per address in the route table.
//
// It owns: the templates, styles and scripts; the route table and what each
// address asks of a visitor; the reading of forms and the showing of errors
// beside their fields; cookies that carry a sign-in from page to page.
//
// It does not own: any decision about who may sign in or what a session may do
// (packages signin, session and core), any sentence (package words), the rules
// of the transport such as headers, limits and the cross-origin guard (package
// httpx), nor any SQL.
//
// Neighbours: packages signin, account, session and gate do the work behind
// contracts declared here; package app puts them together. Nothing imports web
// but app.
package web
