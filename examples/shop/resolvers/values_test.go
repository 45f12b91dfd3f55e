package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/examples/shop/resolvers"
	"github.com/grapnel/grapnel/internal/web"
	grapnel "github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/storage/filesystem"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// shop is a server of the example, with an editor who has signed in.
type shop struct {
	t     *testing.T
	url   string
	token string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	dir := t.TempDir()
	docs, err := sqlite.Open(t.Context(), filepath.Join(dir, "grapnel.db"))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := filesystem.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	app, err := core.New(t.Context(), core.Config{Specs: model.Specs(), Docs: docs, Objects: objects, Key: bytes.Repeat([]byte("k"), 32), BaseURL: "http://localhost", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := web.New(web.Config{
		Schema:       graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)}),
		Scalars:      grapnel.Scalars(),
		Authenticate: app.Sessions.Authenticate,
		Limits:       web.Limits{ReadTime: time.Hour, UserCost: -1, NetworkCost: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = handler.Shutdown(stop)
		server.Close()
		app.Close()
		docs.Close()
	})
	const password = "a horse of another colour"
	if _, err := app.Users.Register(core.AsSystem(t.Context()), core.UserDraft{Username: "editor", Email: "editor@example.org", Password: password}, core.Editor); err != nil {
		t.Fatal(err)
	}
	_, tokens, err := app.Sessions.SignIn(t.Context(), "editor@example.org", password)
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t, server.URL + "/graphql", tokens.AccessToken}
}

// send is the answer to a document, as text; variables are JSON, digit by digit.
func (s *shop) send(query, variables string) string {
	s.t.Helper()
	q, err := json.Marshal(query)
	if err != nil {
		s.t.Fatal(err)
	}
	body := `{"query":` + string(q) + `,"variables":` + variables + `}`
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// Decimals, days and JSON come back as they were sent, whichever way they came, and
// lists compare them by value.
func TestValues(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const create = `mutation($p: CreateProductInput!) { createProduct(input: $p) { product { id taxRate availableFrom attributes } } }`
	for _, c := range []struct{ input, want string }{
		{`"sku": "AA-001", "taxRate": 0.190, "availableFrom": "2026-03-01", "attributes": {"b": [1.50, 12345678901234567890123, null], "$gt": {"a.b": "<&>"}}`,
			`"taxRate":"0.190","availableFrom":"2026-03-01","attributes":{"$gt":{"a.b":"<&>"},"b":[1.50,12345678901234567890123,null]}`},
		{`"sku": "AA-002", "taxRate": "0.07", "availableFrom": "2024-02-29", "attributes": "text"`, `"taxRate":"0.07","availableFrom":"2024-02-29","attributes":"text"`},
		{`"sku": "AA-003", "taxRate": 19e-2, "availableFrom": null, "attributes": null`, `"taxRate":"0.19","availableFrom":null,"attributes":null`},
		{`"sku": "AA-004"`, `"taxRate":"0.20","availableFrom":null,"attributes":null`},
		{`"sku": "AA-005", "taxRate": 0, "attributes": [false]`, `"taxRate":"0","availableFrom":null,"attributes":[false]`},
	} {
		if got := s.send(create, `{"p": {"name": "A", "price": 199, `+c.input+`}}`); !strings.Contains(got, c.want) {
			t.Fatalf("%s: %s\nwant %s", c.input, got, c.want)
		}
	}
	if got := s.send(`mutation { createProduct(input: {name: "A", sku: "AA-006", price: 1, taxRate: 0.1250000000000000000000, attributes: {a: [1.5, "x"], b: ENUM}}) { product { taxRate attributes } } }`, "{}"); !strings.Contains(got, `{"taxRate":"0.1250000000000000000000","attributes":{"a":[1.5,"x"],"b":"ENUM"}}`) {
		t.Errorf("literals: %s", got)
	}

	for _, c := range []struct{ input, code, path, says string }{
		{`"taxRate": 0.0005`, "BAD_USER_INPUT", "taxRate", "must be a multiple of 0.001"},
		{`"taxRate": 1.000000000000000000001`, "BAD_USER_INPUT", "taxRate", "must be at most 1"},
		{`"taxRate": "0,19"`, "BAD_USER_INPUT", "taxRate", `Decimal cannot represent \"0,19\"`},
		{`"taxRate": true`, "BAD_USER_INPUT", "taxRate", "Decimal cannot represent true"},
		{`"taxRate": 0.12345678901234567890123456789012345`, "BAD_USER_INPUT", "taxRate", "at most 34 digits"},
		{`"availableFrom": "2026-02-29"`, "BAD_USER_INPUT", "availableFrom", `Date cannot represent \"2026-02-29\"`},
		{`"availableFrom": "2026-03-01T00:00:00Z"`, "BAD_USER_INPUT", "availableFrom", "2026-03-01T00:00:00Z"},
		{`"attributes": ` + strings.Repeat("[", 21) + strings.Repeat("]", 21), "BAD_USER_INPUT", "attributes", "at most 20 levels"},
		{`"attributes": "` + strings.Repeat("x", 64<<10) + `"`, "BAD_USER_INPUT", "attributes", "at most 65536 bytes"},
	} {
		got := s.send(create, `{"p": {"name": "B", "price": 199, "sku": "BB-001", `+c.input+`}}`)
		if !strings.Contains(got, c.code) || !strings.Contains(got, `"path":"`+c.path+`"`) || !strings.Contains(got, c.says) {
			t.Errorf("%.100s: %s", c.input, got)
		}
	}

	const size = `mutation($w: Float!) { createProduct(input: {name: "A", sku: "CC-001", price: 1, dimensions: {width: $w, height: 99999999999999999999, depth: 2}}) { product { dimensions { width height } } } }`
	if got := s.send(size, `{"w": 1e400}`); !strings.Contains(got, "Float cannot represent 1e400") {
		t.Errorf("a float beyond 64 bits: %s", got)
	}
	if got := s.send(size, `{"w": 12345678901234567890}`); !strings.Contains(got, `{"width":1.2345678901234567e+19,"height":1e+20}`) {
		t.Errorf("large floats: %s", got)
	}
	id := s.send(`mutation { createProduct(input: {name: "A", sku: "CC-002", price: 1}) { product { id } } }`, "{}")
	if _, id, _ = strings.Cut(id, `"id":"`); len(id) < 44 {
		t.Fatal(id)
	}
	id = id[:44]
	for _, c := range []struct{ input, want string }{
		{`{"taxRate": 0.10}`, `"taxRate":"0.10"`},
		{`{"taxRate": "0.1", "attributes": {"a": 1}, "availableFrom": "2026-03-01"}`, `"taxRate":"0.1","availableFrom":"2026-03-01","attributes":{"a":1}`},
		{`{"attributes": {"a": 1.0}}`, `"taxRate":"0.1","availableFrom":"2026-03-01","attributes":{"a":1.0}`},
		{`{"attributes": null, "availableFrom": null}`, `"availableFrom":null,"attributes":null`},
		{`{"taxRate": null}`, `"taxRate":"0.1"`},
	} {
		in := strings.Replace(c.input, "{", `{"p": {"id": "`+id+`", `, 1) + "}"
		if got := s.send(`mutation($p: UpdateProductInput!) { updateProduct(input: $p) { product { taxRate availableFrom attributes } } }`, in); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", in, got)
		}
	}
	if got := s.send(`mutation($id: ID!) { deleteProduct(input: {id: $id}) { deletedId } }`, `{"id": "`+id+`"}`); !strings.Contains(got, id) {
		t.Error(got)
	}

	for where, want := range map[string]string{
		`taxRate: {eq: "0.19"}`:                                    "AA-001 AA-003",
		`taxRate: {ne: 0.190}, sku: {prefix: "AA"}`:                "AA-005 AA-002 AA-006 AA-004",
		`taxRate: {gt: 0.07, lte: "0.19"}`:                         "AA-006 AA-001 AA-003",
		`taxRate: {in: [0.2, "0.000"]}, sku: {prefix: "AA"}`:       "AA-005 AA-004",
		`taxRate: {lt: 0.1900000000000000000000000001, gte: 0.19}`: "AA-001 AA-003",
		`availableFrom: {gte: "2024-03-01"}`:                       "AA-001",
		`availableFrom: {lt: "2026-03-01"}`:                        "AA-002",
		`availableFrom: {in: ["2024-02-29", "2026-03-01"]}`:        "AA-002 AA-001",
		`availableFrom: {eq: null}, sku: {prefix: "AA"}`:           "AA-005 AA-006 AA-003 AA-004",
	} {
		// Page by page, so that cursors hold the values too.
		var found []string
		for after := "null"; after != ""; {
			var page struct {
				Data struct {
					Products struct {
						Nodes    []struct{ SKU string }
						PageInfo struct {
							HasNextPage bool
							EndCursor   string
						}
					}
				}
				Errors []any
			}
			got := s.send(`query($a: String) { products(where: {`+where+`}, orderBy: {field: TAX_RATE, direction: ASC}, first: 1, after: $a) { nodes { sku } pageInfo { hasNextPage endCursor } } }`, `{"a": `+after+`}`)
			if err := json.Unmarshal([]byte(got), &page); err != nil || len(page.Errors) > 0 {
				t.Fatalf("%s: %s", where, got)
			}
			for _, n := range page.Data.Products.Nodes {
				found = append(found, n.SKU)
			}
			after = ""
			if page.Data.Products.PageInfo.HasNextPage {
				after = `"` + page.Data.Products.PageInfo.EndCursor + `"`
			}
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s finds %s, want %s", where, got, want)
		}
	}
	if got := s.send(`{ products(where: {attributes: {eq: 1}}) { totalCount } }`, "{}"); !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED") {
		t.Errorf("a filter by JSON: %s", got)
	}
	// 199 cents with 7 % tax are 212.93 cents.
	if got := s.send(`{ productBySku(sku: "AA-002") { priceWithTax } }`, "{}"); !strings.Contains(got, `"priceWithTax":213`) {
		t.Error(got)
	}
	if got := s.send(`{ __schema { types { kind name specifiedByURL } } }`, "{}"); strings.Contains(got, `"kind":"SCALAR","name":"Decimal","specifiedByURL":null`) || strings.Count(got, `"specifiedByURL":"https://`) != 6 {
		t.Errorf("what specifies the scalars: %s", got)
	}
}

// A value that is none of its scalar, wherever it stands, refuses the whole operation
// before any field of it runs, in variables and in the document.
func TestNothingRunsBesideAValueThatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const (
		created = `a: createProduct(input: {name: "A", sku: "AA-001", price: 1}) { product { id } }`
		b       = ` b: createProduct(input: {name: "B", sku: "BB-001", price: 1, `
	)
	deep := strings.Repeat("[", 21) + strings.Repeat("]", 21)
	for _, c := range []struct {
		query, variables string
		fields           string // path of each value that does not fit; none for those of the document
		says             string
	}{
		{`mutation($d: Date!) { ` + created + b + `availableFrom: $d}) { product { id } } }`, `{"d": "nope"}`, "input.availableFrom", `Date cannot represent \"nope\"`},
		{`mutation($d: Decimal) { ` + created + b + `taxRate: $d}) { product { id } } }`, `{"d": "1,5"}`, "input.taxRate", `Decimal cannot represent \"1,5\"`},
		{`mutation($d: JSON) { ` + created + b + `attributes: $d}) { product { id } } }`, `{"d": ` + deep + `}`, "input.attributes", "at most 20 levels"},
		{`mutation($p: CreateProductInput!) { ` + created + ` b: createProduct(input: $p) { product { id } } }`,
			`{"p": {"name": "B", "sku": "BB-001", "price": "1", "availableFrom": "2026-02-30", "taxRate": [1], "attributes": ` + deep + `}}`,
			"input.price input.taxRate input.availableFrom input.attributes", `$p.availableFrom: Date cannot represent \"2026-02-30\"`},
		{`mutation($s: Int64!) { ` + created + ` createAssetUpload(input: {filename: "a", contentType: "text/plain", size: $s, sha256: "x"}) { asset { id } } }`, `{"s": 1.5}`, "input.size", "Int64 cannot represent 1.5"},
		{`mutation($f: Upload!) { ` + created + ` uploadAsset(input: {file: $f}) { asset { id } } }`, `{"f": "a.txt"}`, "input.file", "A file must be sent as a part"},
		{`mutation { ` + created + b + `availableFrom: "nope"}) { product { id } } }`, `{}`, "", `Date cannot represent \"nope\"`},
		{`mutation { ` + created + b + `availableFrom: 5}) { product { id } } }`, `{}`, "", `Date cannot represent 5:`},
		{`mutation { ` + created + b + `availableFrom: {a: 1}}) { product { id } } }`, `{}`, "", `Date cannot represent an object`},
		{`mutation { ` + created + b + `taxRate: "1,5"}) { product { id } } }`, `{}`, "", `Decimal cannot represent \"1,5\"`},
		{`mutation { ` + created + b + `attributes: ` + deep + `}) { product { id } } }`, `{}`, "", "at most 20 levels"},
		{`mutation { ` + created + ` uploadAsset(input: {file: "a.txt"}) { asset { id } } }`, `{}`, "", "A file must be sent as a part"},
		{`mutation($d: Date = "nope") { ` + created + b + `availableFrom: $d}) { product { id } } }`, `{}`, "", `Date cannot represent \"nope\"`},
	} {
		got := s.send(c.query, c.variables)
		var answer struct {
			Data   any
			Errors []struct {
				Locations  []any
				Extensions struct {
					Code   string
					Fields []struct{ Path, Code string }
				}
			}
		}
		if err := json.Unmarshal([]byte(got), &answer); err != nil || len(answer.Errors) == 0 {
			t.Errorf("%s: %s", c.query, got)
			continue
		}
		e, code, paths := answer.Errors[0], "GRAPHQL_VALIDATION_FAILED", []string{}
		if c.fields != "" {
			code = "BAD_USER_INPUT"
		}
		for _, f := range e.Extensions.Fields {
			paths = append(paths, f.Path)
		}
		want := strings.ReplaceAll(c.fields, "input.", "") // as core names them
		if answer.Data != nil || e.Extensions.Code != code || len(e.Locations) != 1 || strings.Join(paths, " ") != want || !strings.Contains(got, c.says) {
			t.Errorf("%s %s: %s", c.query, c.variables, got)
		}
	}
	if got := s.send(`{ products { totalCount } }`, "{}"); !strings.Contains(got, `"totalCount":0`) {
		t.Errorf("something ran: %s", got)
	}
	for where, path := range map[string]string{`{"availableFrom": {"in": ["2026-03-01", "x", null, 7]}}`: "where.availableFrom.in.1", `{"or": [{"taxRate": {"gt": "y"}}]}`: "where.or.0.taxRate.gt"} {
		got := s.send(`query($w: ProductWhere) { products(where: $w) { totalCount } }`, `{"w": `+where+`}`)
		if !strings.Contains(got, `"path":"`+path+`"`) || strings.Contains(got, `"data":{`) {
			t.Errorf("%s: %s", where, got)
		}
	}
}

// A JSON value in a document is what it would be in a variable.
func TestLiteralsOfJSON(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i, c := range []struct{ literal, want string }{
		{`[]`, `[]`},
		{`{}`, `{}`},
		{`[[]]`, `[[]]`},
		{`{a: []}`, `{"a":[]}`},
		{`[{}, [[], {b: []}]]`, `[{},[[],{"b":[]}]]`},
		{`1.10`, `1.10`},
		{`-0`, `-0`},
		{`1e3`, `1e3`},
		{`12345678901234567890123`, `12345678901234567890123`},
		{`0.1234567890123456789`, `0.1234567890123456789`},
		{`1e400`, `1e400`},
		{`[1.0, {a: 2.50, b: "2.50"}, true, null, "x", RED]`, `[1.0,{"a":2.50,"b":"2.50"},true,null,"x","RED"]`},
		{`{a: $x, b: [$x], c: 1.0, d: []}`, `{"a":{"y":[1.50,[]]},"b":[{"y":[1.50,[]]}],"c":1.0,"d":[]}`},
		{`{a: $void}`, `{}`},
		{`{a: $f, b: $n, c: $d, e: $l}`, `{"a":[2.50,[]],"b":7,"c":"2026-03-01","e":["x"]}`},
		{`$f`, `[2.50,[]]`},
		{`""" 1.10 """`, `" 1.10 "`},
	} {
		send, variables := "mutation", ""
		for _, v := range []string{"$x: JSON", "$void: JSON", "$f: JSON = [2.50, []]", "$n: Int = 7", `$d: Date = "2026-03-01"`, "$l: [String!]"} {
			if name, _, _ := strings.Cut(v, ":"); strings.Contains(c.literal, name) {
				variables += v + " "
			}
		}
		if variables != "" {
			send += "(" + variables + ")"
		}
		send += ` { createProduct(input: {name: "A", sku: "AA-` + strconv.Itoa(1000+i) + `", price: 1, tags: [], parts: [], attributes: ` + c.literal + `}) { product { attributes tags } } }`
		if got := s.send(send, `{"x": {"y": [1.50, []]}, "l": ["x"]}`); !strings.Contains(got, `"attributes":`+c.want+`,"tags":[]`) {
			t.Errorf("%s: %s", c.literal, got)
		}
	}
	// A document that is known is not looked at again.
	const again = `mutation($n: String!) { createProduct(input: {name: $n, sku: "CC-001", price: 1, attributes: [1.10, []]}) { product { id attributes } } }`
	for range 2 {
		got := s.send(again, `{"n": "A"}`)
		if !strings.Contains(got, `"attributes":[1.10,[]]`) {
			t.Error(got)
		}
		_, id, _ := strings.Cut(got, `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		s.send(`mutation($id: ID!) { deleteProduct(input: {id: $id}) { deletedId } }`, `{"id": "`+id+`"}`)
	}
}
