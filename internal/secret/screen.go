package secret

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sallyport/sallyport/internal/core"
)

// The lengths of passwords in code points (PW1, PW2).
const (
	MinimumLength = 8 // the least an organization may set
	MaximumLength = 128
)

// maxTyped bounds what is normalised at all: decomposed text can be several
// times as long as its composed form.
const maxTyped = 4096

// shortestContext is the least length of a word that a password may not hold
// (PW6).
const shortestContext = 4

// productName is a context word of every password.
const productName = "Sallyport"

// Screen decides whether a new password may be used (PW1 to PW6). Its errors
// are Invalid with code password.long, password.control, password.short
// (Params["minimum"]), password.context, password.pattern, password.message
// (the organization's own words, Params["message"]) or password.common. The
// minimum is at least 8 whatever the rules say; contextWords are the username,
// the email address and the names of person and organization.
func (p *Passwords) Screen(password string, rules core.PasswordRules, contextWords ...string) error {
	normal, err := normalise(password)
	if err != nil {
		return err
	}
	minimum := max(rules.Minimum, MinimumLength)
	if utf8.RuneCountInString(normal) < minimum {
		return core.NewError(core.Invalid, "password.short").With("minimum", minimum)
	}
	folded := strings.ToLower(normal)
	for _, word := range append(contextWords, productName) {
		if holds(folded, word) {
			return core.NewError(core.Invalid, "password.context")
		}
	}
	if err := p.matches(normal, rules); err != nil {
		return err
	}
	if rules.BlockLeaked && (listed(folded) || repeats(folded) || counts(folded)) {
		return core.NewError(core.Invalid, "password.common")
	}
	return nil
}

// matches checks a password against the organization's own expressions.
func (p *Passwords) matches(password string, rules core.PasswordRules) error {
	pattern, err := p.patterns.of(rules.Pattern)
	switch {
	case err != nil:
		return core.NewError(core.Internal, "internal").Because(err) // it compiled when it was saved
	case pattern.Matches(password):
		return nil
	case rules.Message != "":
		return core.NewError(core.Invalid, "password.message").With("message", rules.Message)
	}
	return core.NewError(core.Invalid, "password.pattern")
}

// patterns keeps what organizations' expressions compile to. They change
// seldom, and there is one text for each organization at most.
type patterns struct {
	mu       sync.Mutex
	compiled map[string]core.PasswordPattern
}

// patternsKept bounds the memory: beyond it all are compiled anew.
const patternsKept = 200

func (p *patterns) of(text string) (core.PasswordPattern, error) {
	if text == "" {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.compiled[text]; ok {
		return known, nil
	}
	pattern, err := core.CompilePattern(text)
	if err != nil {
		return nil, err
	}
	if p.compiled == nil || len(p.compiled) >= patternsKept {
		p.compiled = map[string]core.PasswordPattern{}
	}
	p.compiled[text] = pattern
	return pattern, nil
}

// normalise brings a password to the one form that is hashed: RFC 8265
// OpaqueString (other spaces become the space, NFC, nothing trimmed, no case
// changed), except that every printable character is allowed: the RFC's class
// leaves out joined emoji and letters newer than its tables (PW3, PW4).
// Controls and broken UTF-8 are refused, and more than 128 code points (PW2).
func normalise(password string) (string, error) {
	if len(password) > maxTyped {
		return "", core.NewError(core.Invalid, "password.long")
	}
	refused := !utf8.ValidString(password)
	spaced := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			refused = true
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, password)
	if refused {
		return "", core.NewError(core.Invalid, "password.control")
	}
	normal := norm.NFC.String(spaced)
	if utf8.RuneCountInString(normal) > MaximumLength {
		return "", core.NewError(core.Invalid, "password.long")
	}
	return normal, nil
}

// holds reports whether a folded password contains a context word: as a whole,
// without its spaces and punctuation, or a longer part of it. Of an email
// address only the part before the @ counts.
func holds(folded, word string) bool {
	word = strings.ToLower(norm.NFC.String(word))
	if at := strings.LastIndexByte(word, '@'); at >= 0 {
		word = word[:at]
	}
	parts := strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	for _, whole := range [2]string{word, strings.Join(parts, "")} {
		if utf8.RuneCountInString(whole) >= shortestContext && strings.Contains(folded, whole) {
			return true
		}
	}
	for _, part := range parts {
		// Short parts ("city", "anna") sit in many good passphrases.
		if utf8.RuneCountInString(part) >= shortestContext+2 && strings.Contains(folded, part) {
			return true
		}
	}
	return false
}

// repeats reports whether the password is one piece over and over, where the
// piece has at most four characters or is listed itself: aaaaaaaaaaaa,
// 123412341234, passwordpassword.
func repeats(folded string) bool {
	for n := 1; n <= len(folded)/2; n++ {
		piece := folded[:n]
		whole := len(folded)%n == 0 && strings.Repeat(piece, len(folded)/n) == folded
		if whole && (utf8.RuneCountInString(piece) <= 4 || listed(piece)) {
			return true
		}
	}
	return false
}

// counts reports whether the password only counts up or down by one, as
// abcdefghijkl and 9876543210987 do.
func counts(folded string) bool {
	runes := []rune(folded)
	for _, by := range [2]rune{1, -1} {
		run := true
		for i := 1; i < len(runes) && run; i++ {
			next := runes[i-1] + by
			wraps := next == '9'+1 && runes[i] == '0' || next == '0'-1 && runes[i] == '9'
			run = runes[i] == next || wraps
		}
		if run {
			return true
		}
	}
	return false
}
