package web_test

import (
	"bytes"
	"regexp"
	"testing"
)

// reference is a small document of the API, with what would be markup if a page
// took it for that.
func reference() []byte {
	return []byte(`{"openapi":"3.1.0","servers":[{"url":"https://id.example.com/api/v1"}],"tags":[{"name":"people"}],
		"paths":{"/people/{id}":{"patch":{"operationId":"update-person","tags":["people"],"x-scope":"full",
			"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","maxLength":64}},
				{"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":200}}],
			"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/ProfileFields"}}}},
			"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Person"}}}},"default":{}}}}},
		"components":{"schemas":{
			"Person":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"groups":{"type":"array","items":{"type":"string"}},
				"actor":{"$ref":"#/components/schemas/ProfileFields"},"created_at":{"type":"string","format":"date-time"}}},
			"ProfileFields":{"type":"object","properties":{"title":{"type":"string","enum":["<script>alert(1)</script>","\" onload=\"x"]}}}}}}`)
}

// named is what the document names, which is the same in every language.
var named = regexp.MustCompile(`<code>[^<]*</code>`)

// TestReference: whatever the document holds is shown as text, and what is said of
// it in the reader's language.
func TestReference(t *testing.T) {
	p := signedIn(t, bea(), &fakeAccount{})
	english := steady(p.get("/api/v1/docs").Body.Bytes())
	golden(t, "account/reference", english)
	for _, markup := range []string{"<script>alert", `" onload="x`} {
		if bytes.Contains(english, []byte(markup)) {
			t.Errorf("the page holds %q as markup", markup)
		}
	}
	for _, text := range []string{"PATCH /people/{id}", "&lt;script&gt;alert(1)", "Needs the scope full.", "integer 1…200"} {
		if !bytes.Contains(english, []byte(text)) {
			t.Errorf("the page lacks %q", text)
		}
	}
	p.languages = "es"
	spanish := steady(p.get("/api/v1/docs").Body.Bytes())
	compareLanguages(t, named.ReplaceAll(english, nil), named.ReplaceAll(spanish, nil))
}
