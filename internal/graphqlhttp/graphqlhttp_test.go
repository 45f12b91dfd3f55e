package graphqlhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	const j, g = graphqlhttp.JSON, graphqlhttp.ResponseJSON
	for _, c := range []struct{ accept, want string }{
		{"", j},
		{"*/*", j},
		{"application/*", j},
		{"application/json", j},
		{"application/json; charset=utf-8", j},
		{"application/graphql-response+json", g},
		{"APPLICATION/GraphQL-Response+JSON ; charset=utf-8", g},
		{"application/graphql-response+json, application/json;q=0.9", g},
		{"application/json;q=0.9, application/graphql-response+json", g},
		{"application/json, application/graphql-response+json", g},
		{"application/graphql-response+json;q=0.5, application/json", j},
		{"application/graphql-response+json;q=0.5, */*", j},
		{"application/graphql-response+json, */*;q=0.1", g},
		{"application/graphql-response+json, application/json, text/event-stream, multipart/mixed", g},
		{"application/graphql-response+json;q=0", j},
		{"application/graphql-response+json;q=0, application/json;q=0", j},
		{"application/json;q=0, */*", j},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", j},
		{"text/plain", j},
		{"application/graphql-response+json;q=x, application/json;q=0.1", j},
		{"application/graphql-response+json;q=NaN", j},
		{"application/graphql-response+json;q=2", j},
		{";;,,/,application/graphql-response+json", g},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if c.accept != "" {
			r.Header.Set("Accept", c.accept)
		}
		if got := graphqlhttp.Negotiate(r); got != c.want {
			t.Errorf("Accept %q: %s, want %s", c.accept, got, c.want)
		}
	}

	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Add("Accept", "application/json;q=0.5")
	r.Header.Add("Accept", "application/graphql-response+json")
	if got := graphqlhttp.Negotiate(r); got != g {
		t.Errorf("two Accept headers: %s", got)
	}
}

func TestWriteResponse(t *testing.T) {
	t.Parallel()
	errs := gqlerror.List{{Message: "no <b>"}}
	for _, c := range []struct {
		name         string
		resp         *graphql.Response
		requestError bool
		json         int
		response     int
		body         string
	}{
		{"data", &graphql.Response{Data: json.RawMessage(`{"a":1}`)}, false, 200, 200,
			`{"data":{"a":1}}`},
		{"field error", &graphql.Response{Data: json.RawMessage(`{"a":null}`), Errors: errs}, false, 200, 200,
			`{"errors":[{"message":"no \u003cb\u003e"}],"data":{"a":null}}`},
		{"field error up to the root", &graphql.Response{Data: json.RawMessage(`null`), Errors: errs}, false, 200, 200,
			`{"errors":[{"message":"no \u003cb\u003e"}],"data":null}`},
		{"extensions", &graphql.Response{Data: json.RawMessage(`{}`), Extensions: map[string]any{"n": 2}}, false, 200, 200,
			`{"data":{},"extensions":{"n":2}}`},
		{"request error", &graphql.Response{Data: json.RawMessage(`null`), Errors: errs}, true, 200, 400,
			`{"errors":[{"message":"no \u003cb\u003e"}]}`},
		{"refused by an extension", &graphql.Response{Errors: errs, Extensions: map[string]any{"n": 2}}, false, 200, 400,
			`{"errors":[{"message":"no \u003cb\u003e"}],"extensions":{"n":2}}`},
		{"context ended", nil, false, 200, 200,
			`{"errors":[{"message":"The request ended before it was answered.","extensions":{"code":"ABORTED"}}],"data":null}`},
		{"not encodable", &graphql.Response{Data: json.RawMessage(`{}`), Extensions: map[string]any{"n": math.NaN()}}, false, 500, 500,
			`{"errors":[{"message":"The answer could not be encoded.","extensions":{"code":"INTERNAL"}}]}`},
	} {
		for mediaType, status := range map[string]int{graphqlhttp.JSON: c.json, graphqlhttp.ResponseJSON: c.response} {
			w := httptest.NewRecorder()
			graphqlhttp.WriteResponse(w, mediaType, c.resp, c.requestError)
			if w.Code != status || w.Body.String() != c.body {
				t.Errorf("%s, %s: %d %s", c.name, mediaType, w.Code, w.Body)
			}
			if got := w.Header().Get("Content-Type"); got != mediaType+"; charset=utf-8" {
				t.Errorf("%s: Content-Type %q", c.name, got)
			}
			if got := w.Header().Get("Content-Length"); got != fmt.Sprint(w.Body.Len()) {
				t.Errorf("%s: Content-Length %s for %d bytes", c.name, got, w.Body.Len())
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: not JSON", c.name)
			}
		}
	}
}

// The caller's session decides the status whatever the media type.
func TestWriteResponseOfARefusedCaller(t *testing.T) {
	t.Parallel()
	for code, status := range map[core.Code]int{core.Unauthenticated: 401, core.Unavailable: 503} {
		for _, mediaType := range []string{graphqlhttp.JSON, graphqlhttp.ResponseJSON} {
			resp := &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{nil, graphqlhttp.NewError(code, "No.")}}
			w := httptest.NewRecorder()
			graphqlhttp.WriteResponse(w, mediaType, resp, true)
			if w.Code != status {
				t.Errorf("%s, %s: %d", code, mediaType, w.Code)
			}
			w = httptest.NewRecorder()
			graphqlhttp.WriteResponse(w, mediaType, resp, false)
			if w.Code != 200 {
				t.Errorf("%s of a field, %s: %d", code, mediaType, w.Code)
			}
		}
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	cause := errors.New("secret")
	for _, c := range []struct {
		err    error
		status int
		body   string
	}{
		{core.Errorf(core.TooLarge, "Too large."), 413, `{"message":"Too large.","extensions":{"code":"TOO_LARGE"}}`},
		{fmt.Errorf("in vain: %w", core.Wrap(core.Forbidden, cause, "No.")), 403, `{"message":"No.","extensions":{"code":"FORBIDDEN"}}`},
		{core.Wrap(core.Aborted, cause, "Cut off."), 400, `{"message":"Cut off.","extensions":{"code":"ABORTED"}}`},
		{core.Wrap(core.Aborted, os.ErrDeadlineExceeded, "Too slow."), 408, `{"message":"Too slow.","extensions":{"code":"ABORTED"}}`},
		{&core.Error{Code: core.RateLimited, Message: "Wait.", RetryAfter: 1500 * time.Millisecond}, 429, `{"message":"Wait.","extensions":{"code":"RATE_LIMITED","retryAfter":2}}`},
		{&core.Error{Code: core.Conflict, Message: "Old.", CurrentVersion: 3}, 409, `{"message":"Old.","extensions":{"code":"CONFLICT","currentVersion":3}}`},
		{&core.Error{Code: core.Invalid, Message: "Bad.", Fields: []core.FieldError{{Path: "a", Code: "B", Message: "c"}}}, 400,
			`{"message":"Bad.","extensions":{"code":"BAD_USER_INPUT","fields":[{"path":"a","code":"B","message":"c"}]}}`},
		{fmt.Errorf("find: %w", context.DeadlineExceeded), 503, `{"message":"The request took too long; try again.","extensions":{"code":"UNAVAILABLE"}}`},
		{context.Canceled, 503, `{"message":"The request was cancelled.","extensions":{"code":"UNAVAILABLE"}}`},
		{core.Errorf(core.Internal, "secret"), 500, `{"message":"Something went wrong on the server.","extensions":{"code":"INTERNAL"}}`},
		{cause, 500, `{"message":"Something went wrong on the server.","extensions":{"code":"INTERNAL"}}`},
	} {
		for _, mediaType := range []string{graphqlhttp.JSON, graphqlhttp.ResponseJSON} {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("Accept", mediaType)
			w := httptest.NewRecorder()
			graphqlhttp.Refuse(w, r, c.err)
			if w.Code != c.status || w.Body.String() != `{"errors":[`+c.body+`]}` || w.Header().Get("Content-Type") != mediaType+"; charset=utf-8" {
				t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
			}
			if wait := w.Header().Get("Retry-After"); (wait == "2") != (c.status == 429) {
				t.Errorf("%v: Retry-After %q", c.err, wait)
			}
		}
	}
	w := httptest.NewRecorder()
	graphqlhttp.RefuseWith(w, httptest.NewRequest(http.MethodPut, "/", nil), http.StatusMethodNotAllowed, core.Errorf(core.Invalid, "Use POST."))
	if w.Code != 405 || w.Body.String() != `{"errors":[{"message":"Use POST.","extensions":{"code":"BAD_USER_INPUT"}}]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	var errs gqlerror.List
	long := strings.Repeat("é", 10_000)
	for range 50_000 {
		errs = append(errs, &gqlerror.Error{Message: "x" + long})
	}
	w := httptest.NewRecorder()
	// Once by the caller and once more by WriteResponse.
	graphqlhttp.WriteResponse(w, graphqlhttp.JSON, &graphql.Response{Errors: graphqlhttp.Trim(errs)}, true)
	if w.Body.Len() > 20_000 {
		t.Errorf("%d bytes", w.Body.Len())
	}
	if !strings.Contains(w.Body.String(), "49980 more errors are not shown.") {
		t.Error("the errors left out are not counted")
	}
	if len(errs[0].Message) != 20_001 {
		t.Error("the engine's own error was changed")
	}
	if got := graphqlhttp.Trim(gqlerror.List{{Message: "ok"}}); len(got) != 1 || got[0].Message != "ok" {
		t.Errorf("%v", got)
	}
}

func TestDecodeParams(t *testing.T) {
	t.Parallel()
	p, err := graphqlhttp.DecodeParams([]byte(` {"query":"{a}","operationName":null,"variables":{"n":12345678901234567890},"extensions":null,"x":1} `))
	if err != nil || p.Query != "{a}" || p.Variables["n"] != json.Number("12345678901234567890") {
		t.Errorf("%+v %v", p, err)
	}
	for body, want := range map[string]string{
		"":                       "must be a JSON object",
		" ":                      "must be a JSON object",
		"null":                   "must be a JSON object",
		`[{"query":"{a}"}]`:      "must be a JSON object",
		`"{a}"`:                  "must be a JSON object",
		`{`:                      "not valid JSON",
		`{"query":"secret`:       "not valid JSON",
		`{"query":1}`:            "query must be a string",
		`{"operationName":{}}`:   "operationName must be a string",
		`{"variables":[]}`:       "variables must be an object",
		`{"variables":"a"}`:      "variables must be an object",
		`{"extensions":1}`:       "extensions must be an object",
		`{"query":"{a}"} x`:      "text after",
		`{"query":"{a}"}{"b":1}`: "text after",
		`{"variables":` + strings.Repeat(`{"a":`, 20_000) + `1` + strings.Repeat(`}`, 20_001): "not valid JSON",
	} {
		_, err := graphqlhttp.DecodeParams([]byte(body))
		if !core.Is(err, core.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", body, err, want)
		}
	}
}

func FuzzDecodeParams(f *testing.F) {
	f.Add([]byte(`{"query":"{a}","variables":{"a":[null]}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := graphqlhttp.DecodeParams(body)
		if (p == nil) == (err == nil) {
			t.Fatal("neither or both of a result and an error")
		}
		if err != nil && !core.Is(err, core.Invalid) {
			t.Fatal(err)
		}
		if err == nil && !json.Valid(body) {
			t.Fatalf("accepted %q", body)
		}
	})
}

func FuzzNegotiate(f *testing.F) {
	f.Add("application/json;q=0.9, application/graphql-response+json")
	f.Fuzz(func(t *testing.T, accept string) {
		r := &http.Request{Header: http.Header{"Accept": {accept}}}
		if got := graphqlhttp.Negotiate(r); got != graphqlhttp.JSON && got != graphqlhttp.ResponseJSON {
			t.Fatal(got)
		}
	})
}
