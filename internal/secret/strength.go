package secret

import (
	"math"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// judged is how many code points of a password the meter looks at: more never
// make it weaker in a way that matters, and the work grows with the square.
const judged = 72

// Strength says how hard a password is to guess, from 0 (very weak) to 4
// (strong), for the meter beside a field. It decides nothing: what may be used is
// for [Passwords.Screen]. contextWords are those of Screen.
//
// The password is covered with the cheapest pieces there are: listed passwords,
// words that its owner's guessers try first, runs, countings, rows of keys, years
// and repeats; what is left costs about what such letters, digits and signs tell.
// Its work is bounded: at most 72 code points, a few thousand look-ups.
func Strength(password string, contextWords ...string) int {
	normal := norm.NFC.String(strings.ToValidUTF8(cut(password, 4*judged), ""))
	runes := []rune(cut(normal, judged))
	bits := cheapest(runes, contextWords)
	for score, least := range [4]float64{22, 32, 42, 55} {
		if bits < least {
			return score
		}
	}
	return 4
}

// cut returns at most n code points.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// cheapest is the least sum, in bits, of pieces that make up the password.
func cheapest(runes []rune, contextWords []string) float64 {
	folded := make([]rune, len(runes))
	for i, r := range runes {
		folded[i] = unicode.ToLower(r)
	}
	words := pieces(contextWords)
	cost := make([]float64, len(runes)+1)
	for end := 1; end <= len(runes); end++ {
		cost[end] = cost[end-1] + letterBits(runes, folded, end-1)
		for start := range end - 1 {
			if bits := pieceBits(folded[start:end], words); bits > 0 {
				cost[end] = min(cost[end], cost[start]+bits)
			}
			// The same again: only how often is new.
			if n := end - start; start >= n && string(folded[start-n:start]) == string(folded[start:end]) {
				cost[end] = min(cost[end], cost[start]+1)
			}
		}
	}
	return cost[len(runes)]
}

// pieces are the context words, folded, with their parts.
func pieces(contextWords []string) map[string]bool {
	words := map[string]bool{}
	for _, word := range append(contextWords, productName) {
		word = strings.ToLower(norm.NFC.String(word))
		word, _, _ = strings.Cut(word, "@")
		words[word] = true
		for _, part := range strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			words[part] = true
		}
	}
	return words
}

// keyRows are keys beside each other, as people slide over them.
const keyRows = "`1234567890-= qwertyuiop[] asdfghjkl;' zxcvbnm,./ 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/ qwertzuiop azertyuiop"

// pieceBits is what a piece costs that guessers know, 0 where they know none.
func pieceBits(folded []rune, words map[string]bool) float64 {
	text, n := string(folded), float64(len(folded))
	switch {
	case len(folded) >= 3 && words[text]:
		return 3
	case len(folded) >= 3 && (counts(text) || strings.Contains(keyRows, text)):
		return 5 + math.Log2(n)
	case len(folded) == 4 && (text[:2] == "19" || text[:2] == "20") && isDigits(text):
		return 6
	case len(folded) >= 8 && listed(text):
		return 16
	}
	return 0
}

func isDigits(s string) bool {
	return strings.TrimLeft(s, "0123456789") == ""
}

// letterBits is what one more character tells that belongs to no known piece. A
// letter that follows as letters do in words tells less than one that does not.
func letterBits(runes, folded []rune, i int) float64 {
	r := folded[i]
	switch {
	case i > 0 && r == folded[i-1]:
		return 1
	case r >= '0' && r <= '9':
		return 3.3
	case r >= 'a' && r <= 'z':
		bits := 4.7
		if i > 0 && folded[i-1] >= 'a' && folded[i-1] <= 'z' {
			bits = 2.2
			if vowel(r) == vowel(folded[i-1]) {
				bits = 3
				if i > 1 && vowel(folded[i-2]) == vowel(r) {
					bits = 4.7
				}
			}
		}
		if r != runes[i] && i > 0 {
			bits++ // a capital that does not begin it
		}
		return bits
	case unicode.IsLetter(r):
		return 5
	case r == ' ':
		return 1
	}
	return 4
}

func vowel(r rune) bool { return strings.ContainsRune("aeiouy", r) }
