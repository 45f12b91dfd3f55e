package advisories_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// transports are the ways on which a document reaches the server.
var transports = map[string]func(s *grapnel.Server, t *testing.T, token, query string, v vars) map[string]any{
	"POST": func(s *grapnel.Server, t *testing.T, token, query string, v vars) map[string]any {
		return answer(t, func() (map[string]any, error) { return s.Post(token, query, v) })
	},
	"GET": func(s *grapnel.Server, t *testing.T, token, query string, v vars) map[string]any {
		variables, _ := json.Marshal(v)
		req, err := http.NewRequest("GET", s.URL+"/graphql?"+url.Values{"query": {query}, "variables": {string(variables)}}.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return answer(t, func() (map[string]any, error) { return s.Send(token, req) })
	},
	"multipart": func(s *grapnel.Server, t *testing.T, token, query string, v vars) map[string]any {
		return answer(t, func() (map[string]any, error) { return s.Send(token, s.Multipart(query, v)) })
	},
	"WebSocket": func(s *grapnel.Server, t *testing.T, token, query string, v vars) map[string]any {
		c := s.In(t).Socket(token)
		defer c.Close()
		c.Subscribe("1", query, v)
		m, ok := c.Next()
		if !ok {
			return map[string]any{"closed": int(c.Closed)}
		}
		return m.Answer()
	},
}

func answer(t *testing.T, send func() (map[string]any, error)) map[string]any {
	t.Helper()
	out, err := send()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hostile are documents that cost a server much more than they cost their sender.
func hostile() map[string]string {
	times := strings.Repeat
	// doubling are n fragments that spread the next one twice.
	doubling := func(n int, field string) string {
		doc := "{ products { nodes { ...f0 } } }"
		for i := range n {
			doc += fmt.Sprintf(" fragment f%d on Product { ...f%d ...f%d }", i, i+1, i+1)
		}
		return doc + fmt.Sprintf(" fragment f%d on Product { %s }", n, field)
	}
	var aliases, logins, operations, fragments strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&aliases, "a%d: products { totalCount } ", i)
		fmt.Fprintf(&logins, `a%d: signIn(input: {email: "a@example.org", password: "12345678"}) { viewer { id } } `, i)
		fmt.Fprintf(&operations, "query q%d { __typename } ", i)
		fmt.Fprintf(&fragments, "fragment f%d on Product { id } ", i)
	}
	return map[string]string{
		// parse#10130: neither depth nor number of fields had a bound (GHSA-cmj3-wx7h-ffvg).
		"parse#10130 deep":              "{ products { nodes " + times("{ reviews { nodes { product ", 300) + "{ id }" + times(" } } }", 300) + " } }",
		"parse#10130 wide":              "{ " + times("__typename ", 10_000) + "}",
		"parse#10130 the same field":    "{ " + times("products { edges { node { id } } } ", 2_000) + "}",
		"parse#10130 aliases":           "{ " + aliases.String() + "}",
		"parse#10130 aliased mutations": "mutation { " + logins.String() + "}",
		"parse#10130 many objects":      "{ products(first: 100) { nodes { reviews(first: 100) { nodes { product { reviews(first: 100) { nodes { id } } } } } } } }",
		"parse#10130 operations":        operations.String(),
		"parse#10130 fragments":         "{ __typename } " + fragments.String(),
		"parse#10130 open braces":       times("{a", 100_000),
		"parse#10130 lists":             "{ products(where: {tags: {hasSome: " + times("[", 100_000) + "}}) { totalCount } }",
		"parse#10130 objects":           "{ products(where: " + times("{not: ", 2_000) + "{}" + times("}", 2_000) + ") { totalCount } }",
		"parse#10130 list types":        "query($a: " + times("[", 100_000) + "Int" + times("]", 100_000) + ") { __typename }",
		"parse#10130 inline fragments":  "{ " + times("... { ", 50_000) + "__typename" + times(" }", 50_000) + " }",
		"parse#10130 comments":          "{ __typename } " + times("#\n", 60_000) + times(", ", 600_000),

		// The calculator of complexity followed each spread anew (GHSA-mfj6-6p54-m98c).
		"GHSA-mfj6-6p54-m98c fragments that double":      doubling(60, "id"),
		"GHSA-mfj6-6p54-m98c and end in a list":          doubling(30, "reviews(first: 100) { nodes { product { reviews(first: 100) { nodes { id } } } } }"),
		"GHSA-mfj6-6p54-m98c fragments in a circle":      "{ products { nodes { ...a } } } fragment a on Product { reviews { nodes { product { ...a ...b } } } } fragment b on Product { ...a ...a }",
		"GHSA-mfj6-6p54-m98c fragments of introspection": "{ __schema { types { ...f0 } } }" + strings.ReplaceAll(strings.TrimPrefix(doubling(40, "name"), "{ products { nodes { ...f0 } } }"), "Product", "__Type"),

		// One error for each unknown directive, without a bound (CVE-2023-49559).
		"gqlgen#3118 directives":           "{ __typename " + times("@a ", 100_000) + "}",
		"gqlgen#3118 directives, few":      "{ __typename " + times("@a ", 2_400) + "}",
		"gqlgen#3118 known directives":     "{ __typename " + times("@skip(if: false) ", 700) + "}",
		"gqlgen#3118 unknown fields":       "{ " + times("nothing ", 4_000) + "}",
		"gqlgen#3118 unknown variables":    "{ products(first: $a, after: $b) { " + times("a: reviews(first: $c) { totalCount } ", 90) + "} }",
		"gqlgen#3118 variables of no type": "query(" + times("$a: Nothing ", 1_200) + ") { __typename }",
	}
}

func TestComplexity(t *testing.T) {
	s := shop.Start(t, append(grapnel.Embedded(t).Env, "GRAPNEL_PRODUCTION=true", "GRAPNEL_LOG_LEVEL=warn",
		"GRAPNEL_ADDRESS_COST=0")...) // each document is refused for itself
	root := s.Admin()
	s.Get(root, `mutation { createProduct(input: {name: "One", sku: "ON-001", price: 1, published: true}) { product { id } } }`, nil, "createProduct")
	honest := func(t *testing.T) {
		t.Helper()
		// As deep as what Relay compiles, with aliases and a fragment.
		got := s.In(t).Get("", `{ products(first: 20) { edges { cursor node { ...p same: reviews(first: 5) { edges { node { product { maker { favourite { ...p } } } } } } } } pageInfo { hasNextPage } } }
			fragment p on Product { id name reviews(first: 3) { totalCount } }`, nil, "products.edges.0.node.name")
		if got != "One" {
			t.Errorf("the honest query finds %v", got)
		}
	}
	honest(t)
	before := s.Peak()
	for name, doc := range hostile() {
		t.Run(name, func(t *testing.T) {
			for way, send := range transports {
				if way == "GET" && len(doc) > 60_000 || way == "WebSocket" && len(doc) > 1<<20 {
					continue // net/http takes no such address; the message is over its limit, see below
				}
				begin := time.Now()
				a := send(s, t, "", doc, nil)
				took := time.Since(begin)
				text, _ := json.Marshal(a)
				code := grapnel.Code(a)
				switch {
				case code != "GRAPHQL_VALIDATION_FAILED" && code != "GRAPHQL_PARSE_FAILED" && code != "COMPLEXITY_LIMIT_EXCEEDED" && code != "TOO_LARGE" && code != "BAD_USER_INPUT":
					t.Errorf("%s: answered %.500s", way, text)
				case a["data"] != nil:
					t.Errorf("%s: answered with data: %.500s", way, text)
				}
				if took > 3*time.Second { // most take milliseconds; the machine may be busy
					t.Errorf("%s: took %v", way, took)
				}
				if len(text) > 64<<10 {
					t.Errorf("%s: %d bytes of answer for %d of document", way, len(text), len(doc))
				}
			}
			honest(t)
		})
	}

	t.Run("parse#10130 variables", func(t *testing.T) {
		const query = `query($w: ProductWhere) { products(where: $w) { totalCount } }`
		nested := func(n int) string {
			return strings.Repeat(`{"not":`, n) + "{}" + strings.Repeat("}", n)
		}
		wide := `{"or":[` + strings.Repeat(`{},`, 200_000) + `{}]}`
		for n, w := range []string{nested(2_000), nested(100_000), wide, `{"price":{"in":[` + strings.Repeat("1,", 300_000) + `1]}}`} {
			body := `{"query":"` + query + `","variables":{"w":` + w + `}}`
			req, err := http.NewRequest("POST", s.URL+"/graphql", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			begin := time.Now()
			a := answer(t, func() (map[string]any, error) { return s.Send("", req) })
			if grapnel.Code(a) == "" || a["data"] != nil || time.Since(begin) > 3*time.Second {
				t.Errorf("variables %d: %.300v after %v", n, a, time.Since(begin))
			}
		}
		if n := s.In(t).Get("", query, vars{"w": vars{"not": vars{"not": vars{}}, "price": vars{"in": []int{1, 2, 3}}}}, "products.totalCount"); n != 1.0 {
			t.Errorf("the honest variables find %v", n)
		}
	})

	// LiveQuery had no bound on the depth of what it matches (GHSA-6qh5-m6g3-xhq6).
	t.Run("parse#10260 where of a subscription", func(t *testing.T) {
		deep := `subscription { productChanged(where: ` + strings.Repeat("{not: ", 200) + `{price: {gt: 1}}` + strings.Repeat("}", 200) + `) { kind } }`
		if a := transports["WebSocket"](s, t, root, deep, nil); grapnel.Code(a) != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("answered %v", a)
		}
		wide := make([]struct{}, 60_000)
		if a := transports["WebSocket"](s, t, root, `subscription($w: ProductWhere) { productChanged(where: $w) { kind } }`, vars{"w": vars{"or": wide}}); grapnel.Code(a) != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("answered %v", a)
		}
	})

	t.Run("parse#10130 a message over the limit", func(t *testing.T) {
		if a := transports["WebSocket"](s, t, "", "{ __typename } #"+strings.Repeat("x", 2<<20), nil); a["closed"] != 1009 {
			t.Errorf("answered %.300v", a)
		}
	})

	honest(t)
	if grown := s.Peak() - before; grown > 192<<20 {
		t.Errorf("the server's memory grew by %d MiB", grown>>20)
	} else {
		t.Logf("the server's memory grew by %d MiB", grown>>20)
	}
}

// The check looked at the fields of the operation and not into fragments
// (GHSA-q5q9-2rhp-33qw).
func TestIntrospection(t *testing.T) {
	stores := grapnel.Embedded(t)
	hidden := product.Start(t, append(stores.Env, "GRAPNEL_PRODUCTION=true")...)
	open := product.Start(t, grapnel.Embedded(t).Env...)
	// What an answer would tell: names that no document below holds.
	tells := regexp.MustCompile(`suspendedAt|SignInInput|"bodyHtml"|OBJECT`)
	for name, doc := range map[string]string{
		"__schema":                  `{ __schema { types { name fields { name } } } }`,
		"__type":                    `{ __type(name: "User") { kind fields { name } } }`,
		"alias":                     `{ innocent: __type(name: "User") { kind fields { name } } }`,
		"inline fragment":           `{ ... { __type(name: "User") { kind fields { name } } } }`,
		"inline fragment on Query":  `{ ... on Query { __type(name: "User") { kind fields { name } } } }`,
		"nested inline fragments":   `{ ... { ... on Query { ... { a: __schema { types { name kind } } } } } }`,
		"fragment":                  `{ ...f } fragment f on Query { __schema { types { name kind } } }`,
		"fragment in a fragment":    `{ ...f } fragment f on Query { ... { ...g } } fragment g on Query { x: __type(name: "User") { kind fields { name } } }`,
		"beside other fields":       `{ viewer { id } __typename posts { totalCount } __type(name: "User") { kind fields { name } } }`,
		"@include":                  `query($yes: Boolean = true) { __type(name: "User") @include(if: $yes) { kind fields { name } } }`,
		"@skip":                     `query($no: Boolean = false) { ... @skip(if: $no) { __type(name: "User") { kind fields { name } } } }`,
		"name by variable":          `query($n: String! = "User") { __type(name: $n) { kind fields { name } } }`,
		"a second operation":        `query a { __type(name: "User") { kind fields { name } } }`,
		"the full query, shortened": `query IntrospectionQuery { __schema { queryType { name } types { ...FullType } } } fragment FullType on __Type { kind name fields(includeDeprecated: true) { name type { ...TypeRef } } inputFields { name } } fragment TypeRef on __Type { kind name ofType { kind name } }`,
	} {
		t.Run("parse#10111 "+name, func(t *testing.T) {
			for way, send := range transports {
				if a := send(hidden, t, "", doc, nil); grapnel.Code(a) != "GRAPHQL_VALIDATION_FAILED" || a["data"] != nil || tells.MatchString(fmt.Sprint(a)) {
					t.Errorf("%s: answered %v", way, a)
				}
				if a, _ := json.Marshal(send(open, t, "", doc, nil)); !tells.Match(a) {
					t.Errorf("%s, not in production: answered %.500s", way, a)
				}
			}
		})
	}
	for way, send := range transports {
		t.Run("parse#10111 __typename goes on by "+way, func(t *testing.T) {
			a := send(hidden, t, "", `{ __typename posts { __typename nodes { __typename } } }`, nil)
			if grapnel.Dig(a, "data.__typename") != "Query" || grapnel.Dig(a, "data.posts.__typename") != "PostConnection" {
				t.Errorf("answered %v", a)
			}
		})
	}
	t.Run("parse#10111 an administrator too", func(t *testing.T) {
		hidden.In(t).Refused(hidden.Admin(), `{ __type(name: "User") { kind } }`, nil, "GRAPHQL_VALIDATION_FAILED")
	})
	t.Run("parse#10111 a persisted document", func(t *testing.T) {
		const doc = `{__schema{types{name}}}`
		for range 2 { // the second time the document would be known
			body, _ := json.Marshal(vars{"query": doc, "extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": sha256Hex(doc)}}})
			post(t, hidden, body, "GRAPHQL_VALIDATION_FAILED")
			body, _ = json.Marshal(vars{"extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": sha256Hex(doc)}}})
			post(t, hidden, body, "GRAPHQL_VALIDATION_FAILED")
			body, _ = json.Marshal(vars{"query": doc, "extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": sha256Hex("{__typename}")}}})
			post(t, hidden, body, "BAD_USER_INPUT")
		}
		body, _ := json.Marshal(vars{"query": "{__typename}", "extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": sha256Hex("{__typename}")}}})
		post(t, hidden, body, "")
		body, _ = json.Marshal(vars{"extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": sha256Hex("{__typename}")}}})
		post(t, hidden, body, "")
	})
}

// post sends a body as it is and expects a code; none for success.
func post(t *testing.T, s *grapnel.Server, body []byte, code string) map[string]any {
	t.Helper()
	req, err := http.NewRequest("POST", s.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	a := answer(t, func() (map[string]any, error) { return s.Send("", req) })
	if grapnel.Code(a) != code {
		t.Errorf("%.300s\nanswered %.500v, want %q", body, a, code)
	}
	return a
}

// One request tries many passwords (the issue asks for a bound on aliases).
func TestAliasedSignIns(t *testing.T) {
	s := product.Start(t, grapnel.Embedded(t).Env...)
	s.SignUp("victim")
	const right = `signIn(input: {email: "victim@example.org", password: "` + grapnel.Password + `"}) { tokens { accessToken } }`
	wrong := func(n int) string {
		return fmt.Sprintf(`signIn(input: {email: "victim@example.org", password: "wrong horse %d"}) { tokens { accessToken } }`, n)
	}
	var list, fragments string
	for i := range 9 {
		list += fmt.Sprintf("a%d: %s ", i, wrong(i))
		fragments += fmt.Sprintf("fragment f%d on Mutation { a%d: %s } ", i, i, wrong(i))
	}
	spreads := "...f0 ...f1 ...f2 ...f3 ...f4 ...f5 ...f6 ...f7 ...f8 "
	for name, doc := range map[string]string{
		"aliases":          "mutation { " + list + right + " }",
		"inline fragments": "mutation { ... { " + list + "} ... on Mutation { " + right + " } }",
		"fragments":        "mutation { " + spreads + right + " } " + fragments,
		"two":              "mutation { a: " + right + " b: " + right + " }",
	} {
		t.Run("hasura#10620 "+name, func(t *testing.T) {
			for way, send := range transports {
				a := send(s, t, "", doc, nil)
				if way == "GET" && a["errors"] != nil {
					continue // no mutations at all
				}
				if grapnel.Code(a) != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(fmt.Sprint(a), "accessToken") {
					t.Errorf("%s: answered %v", way, a)
				}
			}
		})
	}
	for field, doc := range map[string]string{
		"signUp":         `mutation { a: signUp(input: {username: "one", email: "one@example.org", password: "correct horse"}) { viewer { id } } b: signUp(input: {username: "two", email: "two@example.org", password: "correct horse"}) { viewer { id } } }`,
		"refreshSession": `mutation { a: refreshSession(input: {refreshToken: "x"}) { viewer { id } } b: refreshSession(input: {refreshToken: "y"}) { viewer { id } } }`,
		"changePassword": `mutation { a: changePassword(input: {currentPassword: "x", newPassword: "12345678"}) { viewer { id } } b: changePassword(input: {currentPassword: "y", newPassword: "12345678"}) { viewer { id } } }`,
	} {
		t.Run("hasura#10620 "+field, func(t *testing.T) { s.In(t).Refused("", doc, nil, "GRAPHQL_VALIDATION_FAILED") })
	}
	t.Run("hasura#10620 a batch", func(t *testing.T) {
		one, _ := json.Marshal(vars{"query": "mutation { " + right + " }"})
		post(t, s, []byte("["+string(one)+","+string(one)+"]"), "BAD_USER_INPUT")
	})
	// None of the above was tried: the address has all of its twenty tries left. And
	// each try that is wrong costs one, on whatever way it comes.
	t.Run("hasura#10620 each try costs", func(t *testing.T) {
		s := s.In(t)
		s.SignIn("victim@example.org", grapnel.Password)
		ways := []string{"POST", "WebSocket", "multipart"}
		for i := range 20 {
			if a := transports[ways[i%3]](s, t, "", "mutation { "+wrong(i)+" }", nil); grapnel.Code(a) != "INVALID_CREDENTIALS" {
				t.Errorf("try %d answered %v", i+1, a)
			}
		}
		for _, way := range ways {
			a := transports[way](s, t, "", "mutation { "+right+" }", nil)
			if grapnel.Code(a) != "RATE_LIMITED" || grapnel.Dig(a["errors"], "0.extensions.retryAfter") == nil {
				t.Errorf("%s: the try after the last answered %v", way, a)
			}
		}
		// Others are not concerned, and the owner is elsewhere.
		s.From("127.0.0.7").SignIn("victim@example.org", grapnel.Password)
		s.SignUp("somebody")
		s.SignIn("somebody@example.org", grapnel.Password)
	})
}

// The playground of a development server held the master key.
func TestPlayground(t *testing.T) {
	const key = "a key that must stay where it is 0123456789"
	stores := grapnel.Embedded(t)
	s := product.Start(t, append(stores.Env, "GRAPNEL_TOKEN_KEY="+key)...)
	root := s.Admin()
	get := func(t *testing.T, path string, cookie string) *grapnel.Answer {
		t.Helper()
		req, err := http.NewRequest("GET", s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		a, err := s.Do("", req)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	t.Run("parse#10110 no credential in the pages", func(t *testing.T) {
		seen, queue := map[string]bool{}, []string{"/playground/"}
		for len(queue) > 0 {
			path := queue[0]
			queue = queue[1:]
			if seen[path] {
				continue
			}
			seen[path] = true
			// Whoever asks, and with whatever session: the page is the same.
			a, b := get(t, path, ""), get(t, path, "grapnel_access="+root+"; grapnel_refresh="+root)
			if a.Status == http.StatusNotFound {
				continue // looks like a name of a file and is none
			}
			if !bytes.Equal(a.Body, b.Body) {
				t.Errorf("%s depends on the session", path)
			}
			if len(a.Header["Set-Cookie"])+len(b.Header["Set-Cookie"]) > 0 {
				t.Errorf("%s sets cookies", path)
			}
			if bytes.Contains(a.Body, []byte(key)) || bytes.Contains(b.Body, []byte(root)) || bytes.Contains(a.Body, []byte("eyJhbGciOi")) {
				t.Errorf("%s holds a credential", path)
			}
			for _, m := range regexp.MustCompile(`[\w./-]+\.(?:js|css|json)\b`).FindAllString(string(a.Body), -1) {
				queue = append(queue, "/playground/"+strings.TrimPrefix(m, "./"))
			}
		}
		if len(seen) < 5 || !bytes.Contains(get(t, "/playground/", "").Body, []byte("<script")) {
			t.Errorf("only %v was looked at", seen)
		}
	})
	t.Run("parse#10110 none in production", func(t *testing.T) {
		s := product.Start(t, append(grapnel.Embedded(t).Env, "GRAPNEL_PRODUCTION=true")...)
		for _, path := range []string{"/playground", "/playground/", "/playground/index.html", "/playground/main.js"} {
			req, _ := http.NewRequest("GET", s.URL+path, nil)
			if a, err := s.Do("", req); err != nil || a.Status != http.StatusNotFound {
				t.Errorf("%s: %v %v", path, a, err)
			}
		}
	})
}
