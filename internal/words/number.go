package words

import (
	"strconv"
	"strings"
)

// ungrouped is the first number whose digits are put into groups. Shorter ones
// are read at a glance, and no style of the languages here wants a mark in them.
const ungrouped = 10_000

// Number returns a whole number as the language writes it: "12,000", "12 000".
func (p Printer) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if n < ungrouped && n > -ungrouped {
		return digits
	}
	mark := p.catalogue.texts[fallback]["number.group"]
	if own := p.catalogue.texts[p.language]["number.group"]; own != nil {
		mark = own
	}
	if mark == nil {
		return digits
	}
	var b strings.Builder
	digits, negative := strings.CutPrefix(digits, "-")
	if negative {
		b.WriteByte('-')
	}
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(mark.Other)
		}
		b.WriteRune(digit)
	}
	return b.String()
}
