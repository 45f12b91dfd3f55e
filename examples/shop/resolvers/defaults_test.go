package resolvers_test

import (
	"strings"
	"testing"
)

// Inside an embedded type a default counts as at the top: for what is left out and for
// null, as a literal and in variables, in one, in a list and in a tree. An update gives
// a whole new value, and defaults with it.
func TestDefaultsInside(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const (
		product  = `{ product { id parts { name quantity parts { name quantity parts { name } } } } }`
		create   = `mutation($p: CreateProductInput!) { createProduct(input: $p) ` + product + ` }`
		order    = `mutation($q: Int, $p: ID!) { createOrder(input: {lines: [{productId: $p, quantity: $q}, {productId: $p, quantity: null}, {productId: $p}]}) { order { lines { quantity } } } }`
		me       = `{ user { address { city country } } }`
		nothing  = "{}"
		bare     = `{"p": {"name": "A", "sku": "AA-001", "price": 1, "published": true`
		expected = `"parts":[{"name":"a","quantity":1,"parts":[{"name":"b","quantity":1,"parts":[]},{"name":"c","quantity":3,"parts":[]}]}]`
	)
	made := s.send(create, bare+`, "parts": [{"name": "a", "parts": [{"name": "b", "quantity": null, "parts": null}, {"name": "c", "quantity": 3, "parts": []}]}]}}`)
	if !strings.Contains(made, expected) {
		t.Fatalf("a tree in variables: %s", made)
	}
	_, rest, _ := strings.Cut(made, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if got := s.send(`mutation { updateProduct(input: {id: "`+id+`", parts: [{name: "a", quantity: null, parts: [{name: "b"}, {name: "c", quantity: 3}]}]}) `+product+` }`, nothing); !strings.Contains(got, expected) {
		t.Errorf("a tree in literals: %s", got)
	}
	if got := s.send(`mutation { updateProduct(input: {id: "`+id+`", parts: [{name: "a", quantity: 0}]}) `+product+` }`, nothing); !strings.Contains(got, `"path":"parts.0.quantity"`) {
		t.Errorf("below its least: %s", got)
	}
	if got := s.send(`mutation { updateProduct(input: {id: "`+id+`", parts: [{name: "a", quantity: "x"}]}) `+product+` }`, nothing); !strings.Contains(got, `Int cannot represent`) {
		t.Errorf("of another type: %s", got)
	}
	for variables, want := range map[string]string{
		`{"p": "` + id + `", "q": 3}`:    `"lines":[{"quantity":3},{"quantity":1},{"quantity":1}]`,
		`{"p": "` + id + `", "q": null}`: `"lines":[{"quantity":1},{"quantity":1},{"quantity":1}]`,
		`{"p": "` + id + `"}`:            `"lines":[{"quantity":1},{"quantity":1},{"quantity":1}]`,
	} {
		if got := s.send(order, variables); !strings.Contains(got, want) {
			t.Errorf("%s: %s", variables, got)
		}
	}

	_, rest, _ = strings.Cut(s.send(`{ viewer { id } }`, nothing), `"id":"`)
	viewer, _, _ := strings.Cut(rest, `"`)
	for _, c := range []struct{ address, want string }{
		{`{street: "1 Quay", city: "Wien", country: "AT"}`, `{"city":"Wien","country":"AT"}`},
		{`{street: "1 Quay", city: "Bonn"}`, `{"city":"Bonn","country":"DE"}`}, // and not AT, which the old one had
		{`{street: "1 Quay", city: "Linz", country: "AT"}`, `{"city":"Linz","country":"AT"}`},
		{`{street: "1 Quay", city: "Kiel", country: null}`, `{"city":"Kiel","country":"DE"}`},
		{`null`, `"address":null`},
	} {
		if got := s.send(`mutation { updateUser(input: {id: "`+viewer+`", address: `+c.address+`}) `+me+` }`, nothing); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.address, got)
		}
	}
}
