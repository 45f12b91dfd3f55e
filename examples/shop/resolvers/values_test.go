package resolvers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/examples/shop/resolvers"
	"github.com/grapnel/grapnel/internal/web"
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
		Authenticate: app.Sessions.Authenticate,
		Limits:       web.Limits{UserCost: -1, NetworkCost: -1},
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
