package web

// doneText returns the text id of the green banner for ?done=code, or nothing
// for a code that is not ours: the address can be made by anybody, so it picks
// from this list and carries no words.
func doneText(code string) string {
	switch code {
	case "signed-out":
		return "signin.done.signed_out"
	case "forgotten":
		return "signin.done.forgotten"
	case "code-sent":
		return "signin.done.code_sent"
	case "password-set":
		return "signin.done.password_set"
	case "password-reset":
		return "signin.done.password_reset"
	case "other-password-set":
		return "signin.done.other_password_set"
	case "other-password-reset":
		return "signin.done.other_password_reset"
	case "link-sent":
		return "forgot.done"
	}
	return accountDoneText(code)
}

// doneForAnother returns what to tell instead where the browser is signed in after
// a password was chosen over a link. That ends the sessions of its owner, so the
// one who is signed in is somebody else.
func doneForAnother(code string) string {
	switch code {
	case "password-set", "password-reset":
		return "other-" + code
	}
	return ""
}
