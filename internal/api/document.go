package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sallyport/sallyport/internal/httpx"
)

// The addresses of the document and of the page to read it.
const (
	DocumentPath = httpx.APIPrefix + "openapi.json"
	ReadPath     = httpx.APIPrefix + "docs"
)

// refs are where the document keeps what many operations share.
const refs = "#/components/"

// The names of what is shared.
const (
	refused    = "Refused"
	schemePair = "accessKey"
	schemeHalf = "secretKey"
	schemeOne  = "bearer"
)

// config is how the library is set up: no pages, formats or errors of its own.
func (a *Resources) config() huma.Config {
	registry := huma.NewMapRegistry(refs+"schemas/", huma.DefaultSchemaNamer)
	problem := registry.Schema(reflect.TypeFor[httpx.Problem](), true, "")
	var tags []*huma.Tag
	for _, name := range []string{"me", "keys", "people", "groups", "sessions", "audit", "loads"} {
		tags = append(tags, &huma.Tag{Name: name, Description: a.Text("api.tag." + name)})
	}
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: json.Unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Sallyport", Version: "1", Description: a.Text("api.about"),
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: a.Site.Origin() + strings.TrimSuffix(httpx.APIPrefix, "/")}},
			Tags:    tags,
			Components: &huma.Components{
				Schemas: registry,
				Responses: map[string]*huma.Response{refused: {
					Description: a.Text("api.refused"), Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
				}},
				SecuritySchemes: map[string]*huma.SecurityScheme{
					schemePair: {Type: "apiKey", In: "header", Name: headerAccess},
					schemeHalf: {Type: "apiKey", In: "header", Name: headerSecret},
					schemeOne:  {Type: "http", Scheme: "bearer", BearerFormat: "access.secret"},
				},
			},
			Security: []map[string][]string{{schemePair: {}, schemeHalf: {}}, {schemeOne: {}}},
		},
		Formats: map[string]huma.Format{"application/json": format, "json": format}, DefaultFormat: "application/json",
		Transformers: []huma.Transformer{refuse},
	}
}

// refuse takes what the library would say of a bad request, for the one place
// where errors become answers.
func refuse(ctx huma.Context, _ string, v any) (any, error) {
	if m, ok := v.(*huma.ErrorModel); ok {
		if c, ok := ctx.Context().Value(callKey{}).(*call); ok {
			c.err = refusal(m)
		}
	}
	return v, nil
}

// refusals are the answers of every operation but its own.
func refusals() map[string]*huma.Response {
	all := map[string]*huma.Response{}
	for _, status := range []string{"401", "403", "404", "409", "422", "429", "default"} {
		all[status] = &huma.Response{Ref: refs + "responses/" + refused}
	}
	return all
}

// describe makes the document: with the texts of its fields, and without what the
// library adds of its own.
func (a *Resources) describe() ([]byte, error) {
	o := a.api.OpenAPI()
	schemas := o.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // its errors never leave the house
	delete(schemas, "ErrorDetail")
	for _, s := range schemas {
		for name, field := range s.Properties {
			field.Description = a.field(name)
		}
	}
	for _, path := range o.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Put, path.Post, path.Delete, path.Patch} {
			if op == nil {
				continue
			}
			for _, p := range op.Parameters {
				p.Description = a.field(p.Name)
			}
			for _, r := range op.Responses {
				for name, h := range r.Headers {
					h.Description = a.field(name)
				}
			}
			if op.Method != http.MethodGet {
				op.Parameters = append(op.Parameters, &huma.Param{
					Name: headerCall, In: "header", Description: a.field(headerCall), Schema: &huma.Schema{Type: huma.TypeString, MaxLength: ptr(longestCall)},
				})
			}
		}
	}
	return json.MarshalIndent(o, "", "  ")
}

func ptr[T any](v T) *T { return &v }

// field is the text of a field: it means the same wherever it stands.
func (a *Resources) field(name string) string {
	return a.Text("api.field." + strings.ReplaceAll(strings.ToLower(name), "-", "_"))
}
