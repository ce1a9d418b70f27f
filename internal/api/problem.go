package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// The errors of a field that the schema does not let through.
var (
	errUnknown = core.NewError(core.Invalid, "api.field_unknown")
	errMissing = core.NewError(core.Invalid, "api.field_missing")
	errKind    = core.NewError(core.Invalid, "api.field_kind")
	errChoice  = core.NewError(core.Invalid, "api.field_choice")
	errRange   = core.NewError(core.Invalid, "api.field_range")
	errForm    = core.NewError(core.Invalid, "api.field_form")
)

// refusal is what the library found wrong with a request, as an error of ours:
// its sentences are English and echo what was sent, so nothing of them is told
// but the name of the field.
func refusal(m *huma.ErrorModel) error {
	if m.Status >= http.StatusInternalServerError {
		return fmt.Errorf("api: %s", m.Detail)
	}
	fields := map[string]*core.Error{}
	for _, d := range m.Errors {
		name, e := fieldOf(d.Location), wrong(d.Message)
		var property string
		if n, _ := fmt.Sscanf(d.Message, validation.MsgExpectedRequiredProperty, &property); n == 1 {
			name = strings.TrimPrefix(name+"."+property, "body.")
		}
		fields[named(name)] = e
	}
	if len(fields) == 0 {
		return httpx.ErrBody
	}
	return &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
}

// fieldOf is where an error is, without the part of the request that it is in.
func fieldOf(location string) string {
	for _, part := range []string{"body.", "query.", "path.", "header."} {
		if name, ok := strings.CutPrefix(location, part); ok {
			return name
		}
	}
	return location
}

// wrong sorts the library's messages by what they mean.
func wrong(message string) *core.Error {
	starts := func(formats ...string) bool {
		for _, format := range formats {
			start, _, _ := strings.Cut(format, "%")
			if strings.HasPrefix(message, start) {
				return true
			}
		}
		return false
	}
	switch {
	case starts(validation.MsgUnexpectedProperty, "unknown query parameter"):
		return errUnknown
	case starts(validation.MsgExpectedRequiredProperty) || strings.HasPrefix(message, "required "):
		return errMissing
	case starts(validation.MsgExpectedOneOf):
		return errChoice
	case starts(validation.MsgExpectedMinimumNumber, validation.MsgExpectedMaximumNumber, validation.MsgExpectedMinLength,
		validation.MsgExpectedMaxLength, validation.MsgExpectedMinItems, validation.MsgExpectedMaxItems):
		return errRange
	case message == validation.MsgExpectedString, message == validation.MsgExpectedBoolean, message == validation.MsgExpectedInteger,
		message == validation.MsgExpectedNumber, message == validation.MsgExpectedArray, message == validation.MsgExpectedObject,
		starts("invalid "):
		return errKind
	}
	return errForm
}
