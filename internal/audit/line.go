package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// text is how bytes become text in seals.
var text = base64.RawURLEncoding

// timeForm is how times are written: UTC with microseconds (AU2).
const timeForm = "2006-01-02T15:04:05.000000Z07:00"

// appendEvent appends the one JSON form of an event: fields in a fixed order,
// empty ones left out, so that a field that is added later changes no digest of
// rows from before. Control characters are escaped (AU4).
func appendEvent(b []byte, e *core.StoredEvent) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, string(e.ID))
	b = append(b, `,"at":"`...)
	b = e.At.UTC().AppendFormat(b, timeForm)
	b = append(b, '"')
	b = appendField(b, `,"organization":`, string(e.OrganizationID))
	b = appendField(b, `,"kind":`, e.Kind)
	b = appendField(b, `,"result":`, e.Result)
	b = appendField(b, `,"actor_kind":`, e.Actor.Kind)
	b = appendField(b, `,"actor":`, string(e.Actor.ID))
	b = appendField(b, `,"actor_name":`, e.Actor.Name)
	b = appendField(b, `,"subject":`, string(e.SubjectID))
	b = appendField(b, `,"target":`, e.Target)
	if e.DetailText != "" && inLine(e.DetailText) {
		b = append(append(b, `,"detail":`...), e.DetailText...)
	} else {
		b = appendField(b, `,"detail_text":`, e.DetailText)
	}
	o := &e.Origin
	b = appendField(b, `,"address":`, o.Address)
	b = appendField(b, `,"network":`, o.Network)
	b = appendField(b, `,"device":`, o.Device)
	b = appendField(b, `,"user_agent":`, o.UserAgent)
	b = appendField(b, `,"request":`, o.RequestID)
	b = appendField(b, `,"session":`, string(o.Session))
	b = appendField(b, `,"replica":`, o.Replica)
	if e.DemoData {
		b = append(b, `,"demo_data":true`...)
	}
	return append(b, '}')
}

// inLine reports whether a stored detail can stand in a line as it is. The store
// writes only such; another one was changed from outside.
func inLine(detail string) bool {
	for i := range len(detail) {
		if detail[i] < ' ' || detail[i] == 0x7f {
			return false
		}
	}
	return json.Valid([]byte(detail))
}

func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(append(b, name...), value)
}

// appendString appends a JSON string. A byte that is no UTF-8 becomes a lone
// surrogate of its own, so that no two values look alike.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if c >= 0x80 && r >= 0xa0 && r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case r == utf8.RuneError && size == 1:
			b = appendEscape(b, 0xdc00+rune(c))
		default:
			b = appendEscape(b, r)
		}
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, r rune) []byte {
	hex := strconv.FormatUint(uint64(r), 16)
	return append(append(b, `\u0000`[:6-len(hex)]...), hex...)
}

// digestLength is how long a digest is as text.
const digestLength = 43

// digestOf is the digest of a row: SHA-256 of its JSON form.
func digestOf(line []byte) string {
	sum := sha256.Sum256(line)
	return text.EncodeToString(sum[:])
}
