package graphqlhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
)

// DecodeParams reads the parameters of a request: exactly one JSON object in
// which query and operationName are strings, variables and extensions are
// objects, and each may be null or absent. Numbers stay json.Number. The error
// is BAD_USER_INPUT and never repeats the body; it is answered with 400.
func DecodeParams(body []byte) (*graphql.RawParams, error) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '{' {
		return nil, core.Errorf(core.Invalid, "The request must be a JSON object.")
	}
	var params graphql.RawParams
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&params); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			switch wrong.Field {
			case "query", "operationName":
				return nil, core.Errorf(core.Invalid, "%s must be a string.", wrong.Field)
			case "variables", "extensions":
				return nil, core.Errorf(core.Invalid, "%s must be an object.", wrong.Field)
			}
		}
		return nil, core.Wrap(core.Invalid, err, "The request is not valid JSON.")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, core.Errorf(core.Invalid, "The request has text after its JSON object.")
	}
	return &params, nil
}
