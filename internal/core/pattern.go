package core

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// The bounds of the expressions that passwords must match: a short text can
// stand for a machine of millions of states, each a cost at every match.
const (
	maxPattern       = 500  // code points, all lines together
	maxPatternStates = 2000 // of one line
	longestPassword  = 128  // code points
)

// PasswordPattern is the compiled form of [Policy.PasswordPattern].
type PasswordPattern []*regexp.Regexp

// CompilePattern compiles expressions, one a line; empty lines are none. There
// may be several, since RE2 has no look-ahead to ask for several things in one.
// Its error says why one does not compile.
func CompilePattern(text string) (PasswordPattern, *Error) {
	if utf8.RuneCountInString(text) > maxPattern {
		return nil, NewError(Invalid, "policy.pattern_long").With("count", maxPattern)
	}
	var all PasswordPattern
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		parsed, err := syntax.Parse(line, syntax.Perl)
		if err != nil {
			return nil, NewError(Invalid, "policy.pattern").With("reason", patternReason(err))
		}
		if states(parsed) > maxPatternStates {
			return nil, NewError(Invalid, "policy.pattern_costly")
		}
		if shortest(parsed) > longestPassword { // whoever must choose a password then is locked out
			return nil, NewError(Invalid, "policy.pattern_never").With("count", longestPassword)
		}
		re, err := regexp.Compile(line)
		if err != nil {
			return nil, NewError(Invalid, "policy.pattern").With("reason", patternReason(err))
		}
		all = append(all, re)
	}
	return all, nil
}

// Matches reports whether a password matches each of the expressions.
func (p PasswordPattern) Matches(password string) bool {
	for _, re := range p {
		if !re.MatchString(password) {
			return false
		}
	}
	return true
}

// patternReason is the compiler's reason without its preamble.
func patternReason(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

// states estimates from above how many states an expression compiles to: a
// repetition costs its piece as often as it may come.
func states(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, part := range re.Sub {
		n += states(part)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxPatternStates+1)
}

// shortest returns how many code points a match has at least.
func shortest(re *syntax.Regexp) int {
	n := 0
	for i, part := range re.Sub {
		switch of := shortest(part); {
		case re.Op != syntax.OpAlternate:
			n += of
		case i == 0 || of < n:
			n = of
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass:
		if n = 1; len(re.Rune) == 0 { // no character is in it
			n = longestPassword + 1
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 1
	case syntax.OpNoMatch:
		n = longestPassword + 1
	case syntax.OpStar, syntax.OpQuest:
		n = 0
	case syntax.OpRepeat:
		n *= re.Min
	}
	return min(n, longestPassword+1)
}

// PasswordRules are what an organization asks of a new password.
type PasswordRules struct {
	Minimum     int    // code points
	Pattern     string // as Policy.PasswordPattern
	Message     string // what people are told of it; empty: a general sentence
	BlockLeaked bool
}

// PasswordRules returns what the policy asks of a new password.
func (p Policy) PasswordRules() PasswordRules {
	return PasswordRules{Minimum: p.PasswordMinimum, Pattern: p.PasswordPattern, Message: p.PasswordMessage, BlockLeaked: p.BlockLeaked}
}
