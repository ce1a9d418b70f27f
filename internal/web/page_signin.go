package web

// SigninPage asks for username and password (ux 2.1).
type SigninPage struct {
	Frame
	Next string // where to go afterwards, a local path; empty: Home
}
