package advisories_test

import (
	"strings"
	"testing"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// Where the schema is hidden, errors named what it holds: required inputs
// (GHSA-2fgh-8j2g-w354) and the types that links lead to (GHSA-r2g6-4f6j-f6rf).
// What a schema holds is no secret here, and an error may say what is missing
// where the caller stands; but nothing is guessed for who only tries words.
func TestNamesInErrors(t *testing.T) {
	hidden := shop.Start(t, append(grapnel.Embedded(t).Env, "GRAPNEL_PRODUCTION=true")...)
	open := shop.Start(t, grapnel.Embedded(t).Env...)
	for name, c := range map[string]struct {
		doc   string
		v     vars
		tells string // what a server that helps says
	}{
		"parse#10566 a field":             {`{ posts { nodes { titl } } }`, nil, `Did you mean`},
		"parse#10566 a root field":        {`{ product { id } }`, nil, ``},
		"parse#10566 a mutation":          {`mutation { signin(input: {}) { viewer { id } } }`, nil, `Did you mean`},
		"parse#10568 a field of a link":   {`{ posts { nodes { author { usernam } } } }`, nil, `Did you mean`},
		"parse#10568 an object unasked":   {`{ posts { nodes { author } } }`, nil, `Did you mean`},
		"parse#10568 a type":              {`{ node(id: "x") { ... on Produc { id } } }`, nil, ``},
		"parse#10568 a type of variables": {`query($w: ProductWher) { products(where: $w) { totalCount } }`, nil, ``},
		"parse#10566 a key of variables":  {`query($w: ProductWhere) { products(where: $w) { totalCount } }`, vars{"w": vars{"pric": 1}}, ``},
		"parse#10566 an enum in them":     {`query($w: ProductWhere) { products(where: $w) { totalCount } }`, vars{"w": vars{"kind": vars{"eq": "GOOD"}}}, ``},
		"parse#10566 an argument":         {`{ products(wher: {}) { totalCount } }`, nil, `Did you mean "where"`},
		"parse#10566 a field of an input": {`{ products(where: {pric: {gt: 1}}) { totalCount } }`, nil, `Did you mean "price"`},
		"parse#10566 a secret field":      {`{ users(where: {emai: {eq: "x"}}) { totalCount } }`, nil, `Did you mean "email"`},
		"parse#10566 an enum":             {`{ products(where: {kind: {eq: GOOD}}) { totalCount } }`, nil, `Did you mean the enum value "GOODS"`},
		"parse#10566 a directive":         {`{ products @skip(i: true) { totalCount } }`, nil, `Did you mean "if"`},
	} {
		t.Run(name, func(t *testing.T) {
			code := "GRAPHQL_VALIDATION_FAILED"
			if c.v != nil {
				code = "BAD_USER_INPUT"
			}
			for way, send := range transports {
				a := send(hidden, t, "", c.doc, c.v)
				if way == "GET" && strings.HasPrefix(c.doc, "mutation") && a["errors"] != nil {
					continue
				}
				if grapnel.Code(a) != code || a["data"] != nil {
					t.Errorf("%s: answered %v", way, a)
				}
				for _, told := range []string{"Did you mean", "GOODS", "SERVICE"} {
					if strings.Contains(messages(a), told) {
						t.Errorf("%s: told %q", way, messages(a))
					}
				}
				if a := send(open, t, "", c.doc, c.v); c.tells != "" && !strings.Contains(messages(a), c.tells) {
					t.Errorf("%s, not in production: told %q", way, messages(a))
				}
			}
		})
	}
}
