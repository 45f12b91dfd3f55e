package graphqlhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
)

// Keys of the extensions of a request by which it names its document.
const (
	// documentID is where DecodeParams keeps the parameter documentId, for which
	// gqlgen's RawParams have no field.
	documentID     = "documentId"
	persistedQuery = "persistedQuery"
)

// DecodeParams reads the parameters of a request: exactly one JSON object in
// which query, operationName and documentId are strings, variables and extensions
// are objects, and each may be null or absent, as long as there is a query or what
// names a document; see [Document]. Numbers stay json.Number. The error is
// BAD_USER_INPUT and never repeats the body; it is answered with 400.
func DecodeParams(body []byte) (*graphql.RawParams, error) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 || body[0] != '{' {
		return nil, core.Errorf(core.Invalid, "The request must be a JSON object.")
	}
	var params struct {
		graphql.RawParams
		DocumentID string `json:"documentId"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&params); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			switch field := wrong.Field[strings.LastIndex(wrong.Field, ".")+1:]; field {
			case "query", "operationName", "documentId":
				return nil, core.Errorf(core.Invalid, "%s must be a string.", field)
			case "variables", "extensions":
				return nil, core.Errorf(core.Invalid, "%s must be an object.", field)
			}
		}
		return nil, core.Wrap(core.Invalid, err, "The request is not valid JSON.")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, core.Errorf(core.Invalid, "The request has text after its JSON object.")
	}
	delete(params.Extensions, documentID)
	if params.DocumentID != "" {
		if params.Extensions == nil {
			params.Extensions = map[string]any{}
		}
		params.Extensions[documentID] = params.DocumentID
	}
	if params.Query == "" && params.Extensions[documentID] == nil && params.Extensions[persistedQuery] == nil {
		return nil, core.Errorf(core.Invalid, "The query is missing.")
	}
	return &params.RawParams, nil
}

// Document is the id by which a request names its document, instead of bringing it
// as query or besides: that of documentId, without the sha256: that hashes may
// begin with (GraphQL over HTTP, appendix A), or the sha256Hash of Apollo's
// automatic persisted queries. It is "" when there is none.
func Document(params *graphql.RawParams) (id string, err error) {
	if id, ok := params.Extensions[documentID].(string); ok {
		return strings.TrimPrefix(id, "sha256:"), nil
	}
	raw, ok := params.Extensions[persistedQuery]
	if !ok || raw == nil {
		return "", nil
	}
	fields, _ := raw.(map[string]any)
	id, _ = fields["sha256Hash"].(string)
	if n, ok := fields["version"].(json.Number); !ok || n != "1" || id == "" {
		return "", core.Errorf(core.Invalid, "persistedQuery needs version 1 and a sha256Hash.")
	}
	return strings.TrimPrefix(id, "sha256:"), nil
}

// maxWritten bounds what messages repeat of a value, in bytes.
const maxWritten = 100

// Written is a value as a client wrote it, for messages: a text in quotes and a
// number digit by digit, both clipped, and what kind of thing it is otherwise.
func Written(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(Cut(v, maxWritten))
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case json.Number, bool, int64, float64:
		return Cut(fmt.Sprint(v), maxWritten)
	}
	return "something else"
}
