package resolvers_test

import (
	"strings"
	"testing"
)

// The shop is there before anybody has written it, with its defaults, and only once.
func TestSingleton(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, c := range []struct{ query, want string }{
		{`{ shop { id name notice open menu { label } version } }`, `{"data":{"shop":{"id":"shop_only","name":"Shop","notice":null,"open":true,"menu":[],"version":1}}}`},
		{`mutation { updateShop(input: {expectedVersion: 1, open: false, menu: [{label: "News", entries: [{label: "Old ones", url: "https://example.org/old", entries: []}]}]}) { shop { open version } } }`,
			`{"data":{"updateShop":{"shop":{"open":false,"version":2}}}}`},
		{`mutation { updateShop(input: {expectedVersion: 1, name: "Mine"}) { shop { name } } }`, `"code":"CONFLICT","currentVersion":2`},
		{`mutation { updateShop(input: {menu: [{label: "", entries: []}]}) { shop { name } } }`, `"path":"menu.0.label"`},
		{`{ node(id: "shop_only") { ... on Shop { name menu { label entries { label url } } } } }`,
			`{"data":{"node":{"name":"Shop","menu":[{"label":"News","entries":[{"label":"Old ones","url":"https://example.org/old"}]}]}}}`},
	} {
		if got := s.send(c.query, `{}`); !strings.Contains(got, c.want) {
			t.Errorf("%s\nis answered by %s\nwant %s", c.query, got, c.want)
		}
	}
}
