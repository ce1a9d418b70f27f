package table_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/table"
)

// standard reads XML as the standard library does, in the form of table.Tokens.
func standard(part []byte) ([]string, error) {
	d := xml.NewDecoder(bytes.NewReader(part))
	var all []string
	depth := 0
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		switch is := token.(type) {
		case xml.StartElement:
			depth++
			text := "<" + is.Name.Local
			for _, a := range is.Attr {
				text += fmt.Sprintf(" %s=%q", a.Name.Local, a.Value)
			}
			all = append(all, text)
		case xml.EndElement:
			depth--
			all = append(all, "</"+is.Name.Local)
		case xml.CharData:
			if depth > 0 {
				all = append(all, string(is))
			}
		}
	}
}

// joined puts texts beside each other into one: where one is split is no matter.
func joined(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		if strings.HasPrefix(t, "<") {
			b.WriteString("\n" + t + "\n")
		} else {
			b.WriteString(t)
		}
	}
	return strings.ReplaceAll(b.String(), "\n\n", "\n")
}

func TestMarkup(t *testing.T) {
	for name, part := range map[string]string{
		"declaration":   "\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='yes'?>\n<a/>\n",
		"attributes":    `<x:a b="1" x:c = 'd"e' f="&lt;&#65;&#x42;&amp;"  /><g h=">"></g >`,
		"references":    `<a>&lt;&gt;&amp;&quot;&apos;&#233;&#x1F600;&#10;</a>`,
		"comments":      `<!-- a <b> --><a><!----><b/><!-- - -- --></a>`,
		"text as it is": `<a>x<![CDATA[<b>&amp;]] ]]>y</a>`,
		"line ends":     "<a b='1\r\n2'>1\r\n2\r3\n4</a>",
		"instructions":  `<?a b?><a><?c d?></a>`,
		"letters":       `<日本 é="ü">山田</日本>`,
		"long":          "<a>" + strings.Repeat("x", 300_000) + "</a><b c='" + strings.Repeat("y", 300_000) + "'/>",
		"many":          "<a>" + strings.Repeat(`<c r="A1" s="0" t="s"><v>17</v></c>`, 20_000) + "</a>",
	} {
		t.Run(name, func(t *testing.T) {
			want, err := standard([]byte(part))
			if err != nil && name != "comments" { // it takes -- for a mistake
				t.Fatal(err)
			}
			got, err := table.Tokens([]byte(part))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(joined(want), joined(got)); diff != "" && name != "comments" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBrokenMarkup: what is no XML, or more than a workbook needs, is refused.
func TestBrokenMarkup(t *testing.T) {
	for _, part := range []string{
		"", "a", "<", "<a", "<a>", "</a>", "<a></b>", "<a></:a>", "<a></a:>", "<a></b:c:a>", "<a b></a>", "<a b=c/>", `<a b="c/>`, `<a b="<"/>`, "<a/ >", "< a/>", "<:a/>", "<a:/>", "<a:b:c/>", "<a :b=''/>", "<a>&b;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&lt</a>",
		"<a>\x01</a>", "<a>\xff</a>", "<a b='\x00'/>", "<a>\ufffe</a>", "<!DOCTYPE a><a/>", "<a><![CDATA[x]]</a>", "<a><!ENTITY b 'c'></a>", "<a/>b", `<?xml version="1.0" encoding="UTF-16"?><a/>`,
		strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65),
	} {
		if got, err := table.Tokens([]byte(part)); err == nil {
			t.Errorf("%q is read as %q", part, got)
		}
	}
}

// FuzzMarkup: what both readers take for XML, both take for the same.
func FuzzMarkup(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><x:a b='1' c="&lt;"><d>&#65;<![CDATA[<]]></d><!-- e --></x:a>`))
	f.Add([]byte("\ufeff<a>\r\n</a>"))
	f.Add([]byte(`<a b=">" c='"'/>`))
	f.Fuzz(func(t *testing.T, part []byte) {
		got, err := table.Tokens(part)
		if err != nil {
			return
		}
		want, err := standard(bytes.TrimPrefix(part, []byte("\ufeff")))
		if err == nil && joined(want) != joined(got) {
			t.Errorf("%q is read as\n%s\nby the standard library as\n%s", part, joined(got), joined(want))
		}
	})
}
