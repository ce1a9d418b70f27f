package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	referencePath = "/api/v1/docs"
	documentPath  = "/api/v1/openapi.json"
)

// ReferencePage shows the OpenAPI document of the API to people: as a page like
// every other, which loads nothing from elsewhere.
type ReferencePage struct {
	Frame
	Server   string
	Document string
	Parts    []ReferencePart
	Shapes   []ReferenceShape
}

// ReferencePart is what belongs together of the API.
type ReferencePart struct {
	Name, Text string
	Operations []ReferenceOperation
}

// ReferenceOperation is one thing to ask for.
type ReferenceOperation struct {
	ID, Text     string
	Method, Path string
	Need         string // text id
	Sent         []ReferenceField
	Status       string
	Answer       string // a shape; empty: nothing
}

// ReferenceShape is an object that is sent or comes back.
type ReferenceShape struct {
	Name   string
	Fields []ReferenceField
}

// ReferenceField is a field, or another value that is sent.
type ReferenceField struct {
	Name, Text string
	Kind       string // as the document has it
	Shape      string // what it holds, where that is a shape
	Where      string // text id; empty: in the shape that it stands in
	Required   bool
}

// document is what the page reads of the OpenAPI document.
type document struct {
	Servers []struct{ URL string }
	Tags    []struct{ Name string }
	Paths   map[string]map[string]documentOperation

	Components struct{ Schemas map[string]documentSchema }
}

type documentOperation struct {
	OperationID string
	Tags        []string
	Scope       string `json:"x-scope"`
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   documentSchema
	}
	RequestBody struct{ Content documentContent }
	Responses   map[string]struct{ Content documentContent }
}

type documentContent map[string]struct{ Schema documentSchema }

// shape is the one of JSON, empty where there is none.
func (c documentContent) shape() string { return c["application/json"].Schema.shape() }

type documentSchema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format               string
	Enum                 []any
	MaxLength            int
	Minimum, Maximum     *float64
	Items                *documentSchema
	Properties           map[string]documentSchema
	Required             []string
	AdditionalProperties any
}

// shape is the name of the object that a schema stands for, or holds.
func (s documentSchema) shape() string {
	if s.Items != nil {
		return s.Items.shape()
	}
	return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
}

// kind says in the document's own words what a value is.
func (s documentSchema) kind() string {
	if len(s.Enum) > 0 {
		all := make([]string, len(s.Enum))
		for i, one := range s.Enum {
			all[i] = fmt.Sprint(one)
		}
		return strings.Join(all, " | ")
	}
	kind, _ := s.Type.(string)
	switch {
	case s.Ref != "":
		return "object"
	case s.Items != nil && s.Items.Ref == "":
		return kind + " of " + s.Items.kind()
	case s.Format == "date-time":
		return s.Format
	case s.MaxLength > 0:
		return kind + " ≤ " + strconv.Itoa(s.MaxLength)
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("%s %v…%v", kind, *s.Minimum, *s.Maximum)
	}
	return kind
}

// textOf is the text of something that the document names.
func textOf(kind, name string) string {
	return "api." + kind + "." + strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

func whereOf(in string) string {
	switch in {
	case "path":
		return "api.page.in_path"
	case "query":
		return "api.page.in_query"
	}
	return "api.page.in_header"
}

func (s *Site) referenceShow(w http.ResponseWriter, r *http.Request) error {
	var d document
	if err := json.Unmarshal(s.deps.Reference(), &d); err != nil {
		return fmt.Errorf("web: read the document of the API: %w", err)
	}
	page := &ReferencePage{Frame: helpFrame("api.page.title"), Document: documentPath}
	if len(d.Servers) > 0 {
		page.Server = d.Servers[0].URL
	}
	for _, tag := range d.Tags {
		part := ReferencePart{Name: tag.Name, Text: textOf("tag", tag.Name), Operations: d.operations(tag.Name)}
		page.Parts = append(page.Parts, part)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		page.Shapes = append(page.Shapes, ReferenceShape{Name: name, Fields: d.Components.Schemas[name].fields("")})
	}
	return s.Render(w, r, http.StatusOK, page)
}

// operations are those of a part, by their paths.
func (d document) operations(tag string) []ReferenceOperation {
	var all []ReferenceOperation
	for path, methods := range d.Paths {
		for method, o := range methods {
			if !slices.Contains(o.Tags, tag) {
				continue
			}
			one := ReferenceOperation{
				ID: o.OperationID, Text: textOf("op", o.OperationID), Method: strings.ToUpper(method), Path: path, Need: textOf("need", o.Scope), Sent: d.sent(o),
			}
			for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
				if strings.HasPrefix(status, "2") {
					one.Status, one.Answer = status, o.Responses[status].Content.shape()
				}
			}
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b ReferenceOperation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// sent is what an operation takes, from the address to the body.
func (d document) sent(o documentOperation) []ReferenceField {
	var all []ReferenceField
	for _, p := range o.Parameters {
		all = append(all, ReferenceField{
			Name: p.Name, Text: textOf("field", p.Name), Kind: p.Schema.kind(), Where: whereOf(p.In), Required: p.Required,
		})
	}
	if shape := o.RequestBody.Content.shape(); shape != "" {
		all = append(all, d.Components.Schemas[shape].fields("api.page.in_body")...)
	}
	return all
}

// fields are those of an object, the required ones first.
func (s documentSchema) fields(where string) []ReferenceField {
	var all []ReferenceField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		f := s.Properties[name]
		all = append(all, ReferenceField{
			Name: name, Text: textOf("field", name), Kind: f.kind(), Shape: f.shape(), Where: where, Required: slices.Contains(s.Required, name),
		})
	}
	slices.SortStableFunc(all, func(a, b ReferenceField) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return all
}
