package advisories_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// Private fields could be filtered and sorted by, so that a stranger could read
// the addresses and reset tokens of users letter by letter.
func TestSecretsThroughFilters(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		s := newStage(t, stores)
		priced := s.product(s.maker, "FI-001", "Priced", true)
		s.update(s.root, priced, "costPrice: 4711")
		hidden := s.product(s.maker, "FI-002", "Unfindable", false)
		s.update(s.maker, hidden, `story: "Xylophone"`)
		draft := s.Get(s.root, `mutation { createPost(input: {title: "Unfindable", body: "Xylophone", tags: ["xylophone"], slug: "xylophone"}) { post { id } } }`, nil, "createPost.post.id").(string)
		guarded := []string{
			`{ x: users(where: {email: {prefix: "maker@"}}) { totalCount } }`,
			`{ x: users(where: {email: {eq: "maker@example.org"}}) { totalCount } }`,
			`{ x: users(where: {email: {in: ["maker@example.org"]}}) { nodes { id } } }`,
			`{ x: users(where: {email: {eq: null}}) { totalCount } }`,
			`{ x: users(where: {not: {email: {prefix: "a"}}}) { totalCount } }`,
			`{ x: users(where: {and: [{username: {eq: "maker"}}, {or: [{email: {prefix: "m"}}]}]}) { totalCount } }`,
			`{ x: users(where: {suspendedAt: {gt: "2020-01-01T00:00:00Z"}}) { totalCount } }`,
			`{ x: users(where: {suspendedAt: {eq: null}}) { totalCount } }`,
			`{ x: userByEmail(email: "maker@example.org") { id } }`,
			`{ x: userByEmail(email: "nobody@example.org") { id } }`,
			`{ x: products(where: {costPrice: {gt: 4000}}) { totalCount } }`,
			`{ x: products(where: {costPrice: {lt: 4000}}) { nodes { id } } }`,
			`{ x: products(where: {or: [{costPrice: {in: [4711]}}, {price: {lt: 0}}]}) { pageInfo { hasNextPage } } }`,
			`{ x: products(where: {not: {not: {costPrice: {ne: 4711}}}}) { edges { cursor } } }`,
		}
		for name, token := range map[string]string{"visitor": "", "member": s.member, "maker": s.maker, "editor": s.editor} {
			t.Run("CVE-2023-22894 filters of a "+name, func(t *testing.T) {
				for _, query := range guarded {
					a := answer(t, func() (map[string]any, error) { return s.Post(token, query, nil) })
					if grapnel.Code(a) != "FORBIDDEN" || grapnel.Dig(a, "data.x") != nil {
						t.Errorf("%s\nanswered %v", query, a)
					}
				}
			})
		}
		t.Run("CVE-2023-22894 the admin may", func(t *testing.T) {
			for _, query := range guarded {
				a := answer(t, func() (map[string]any, error) { return s.Post(s.root, query, nil) })
				if code := grapnel.Code(a); code != "" && code != "NOT_FOUND" { // nobody@example.org
					t.Errorf("%s\nanswered %v", query, a)
				}
			}
			grapnel.Wants(t, s.In(t).Get(s.root, `{ users(where: {email: {prefix: "maker@"}}) { totalCount nodes { username email } } }`, nil, "users"),
				map[string]any{"totalCount": 1, "nodes.0.username": "maker", "nodes.0.email": "maker@example.org"})
		})
		// Two answers to the same question about another's value must be the same.
		t.Run("CVE-2023-22894 no difference to see", func(t *testing.T) {
			for _, pair := range [][2]string{
				{`{ userByEmail(email: "maker@example.org") { id } }`, `{ userByEmail(email: "nobody@example.org") { id } }`},
				{`{ users(where: {email: {eq: "maker@example.org"}}) { totalCount } }`, `{ users(where: {email: {eq: "nobody@example.org"}}) { totalCount } }`},
				{`{ products(where: {costPrice: {eq: 4711}}) { totalCount } }`, `{ products(where: {costPrice: {eq: 4712}}) { totalCount } }`},
				{`{ product(id: "` + hidden + `") { id } }`, `{ product(id: "` + absent(hidden) + `") { id } }`},
				{`{ post(id: "` + draft + `") { id } }`, `{ post(id: "` + absent(draft) + `") { id } }`},
				{`{ node(id: "` + draft + `") { id } }`, `{ node(id: "` + absent(draft) + `") { id } }`},
				{`{ productBySku(sku: "FI-002") { id } }`, `{ productBySku(sku: "FI-003") { id } }`},
				{`{ postBySlug(slug: "xylophone") { id } }`, `{ postBySlug(slug: "xylophon") { id } }`},
				{`mutation { updateProduct(input: {id: "` + hidden + `", price: 1}) { product { id } } }`, `mutation { updateProduct(input: {id: "` + absent(hidden) + `", price: 1}) { product { id } } }`},
				{`mutation { deleteProduct(input: {id: "` + hidden + `"}) { deletedId } }`, `mutation { deleteProduct(input: {id: "` + absent(hidden) + `"}) { deletedId } }`},
				{`mutation { updateProduct(input: {id: "` + hidden + `", price: 1, expectedVersion: 1}) { product { id } } }`, `mutation { updateProduct(input: {id: "` + hidden + `", price: 1, expectedVersion: 2}) { product { id } } }`},
				{`mutation { createOrder(input: {lines: [{productId: "` + hidden + `", quantity: 1}]}) { order { id } } }`, `mutation { createOrder(input: {lines: [{productId: "` + absent(hidden) + `", quantity: 1}]}) { order { id } } }`},
				{`mutation { createReview(input: {productId: "` + hidden + `", stars: 1, text: "x"}) { review { id } } }`, `mutation { createReview(input: {productId: "` + absent(hidden) + `", stars: 1, text: "x"}) { review { id } } }`},
				{`mutation { signIn(input: {email: "maker@example.org", password: "wrong horse"}) { viewer { id } } }`, `mutation { signIn(input: {email: "nobody@example.org", password: "wrong horse"}) { viewer { id } } }`},
			} {
				var answers [2]string
				for i, query := range pair {
					a := answer(t, func() (map[string]any, error) { return s.Post(s.member, query, nil) })
					if a["errors"] == nil {
						t.Errorf("%s\nanswered %v", query, a)
					}
					for _, e := range a["errors"].([]any) {
						delete(e.(map[string]any), "locations")
					}
					answers[i] = strings.NewReplacer(absent(hidden), "ID", hidden, "ID", absent(draft), "ID", draft, "ID").Replace(fmt.Sprint(a))
				}
				if answers[0] != answers[1] {
					t.Errorf("%s\nanswered %s\nand %s\nanswered %s", pair[0], answers[0], pair[1], answers[1])
				}
			}
		})
		t.Run("CVE-2023-22894 orders", func(t *testing.T) {
			s := s.in(t)
			for _, query := range []string{
				`{ users(orderBy: {field: EMAIL}) { nodes { id } } }`, `{ users(orderBy: {field: SUSPENDED_AT}) { nodes { id } } }`,
				`{ users(orderBy: {field: PASSWORD_HASH}) { nodes { id } } }`, `{ products(orderBy: {field: COST_PRICE}) { nodes { id } } }`,
			} {
				s.Refused(s.member, query, nil, "GRAPHQL_VALIDATION_FAILED")
			}
			if first := s.Get(s.member, `{ users(orderBy: {field: USERNAME, direction: ASC}, first: 1) { nodes { username } } }`, nil, "users.nodes.0.username"); first != "editor" {
				t.Errorf("the first is %v", first)
			}
		})
		// A cursor holds the place in an order. One made by hand must not become an
		// order by something else.
		t.Run("CVE-2023-22894 cursors", func(t *testing.T) {
			s := s.in(t)
			cursor := s.Get(s.member, `{ users(first: 1, orderBy: {field: USERNAME, direction: ASC}) { pageInfo { endCursor } } }`, nil, "users.pageInfo.endCursor").(string)
			if next := s.Get(s.member, `query($a: String) { users(first: 1, after: $a, orderBy: {field: USERNAME, direction: ASC}) { nodes { username } } }`, vars{"a": cursor}, "users.nodes.0.username"); next != "maker" {
				t.Errorf("the next is %v", next)
			}
			list := []string{"x", "eyJlbWFpbCI6Im0ifQ", base64.RawURLEncoding.EncodeToString([]byte(`["email","m"]`)), base64.StdEncoding.EncodeToString([]byte(`{"email":{"$gt":""}}`)), cursor + "A", cursor[:len(cursor)/2]}
			if plain, err := base64.RawURLEncoding.DecodeString(cursor); err == nil {
				for _, change := range []string{"email", "costPrice", "passwordHash", "suspendedAt"} {
					list = append(list, base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(plain), "username", change))))
				}
			}
			for _, c := range list {
				// The order of the cursor is not that of the list, or it is none.
				a := answer(t, func() (map[string]any, error) {
					return s.Post(s.member, `query($a: String) { users(first: 1, after: $a, orderBy: {field: CREATED_AT}) { nodes { username } } }`, vars{"a": c})
				})
				if code := grapnel.Code(a); code != "BAD_USER_INPUT" {
					t.Errorf("the cursor %q answered %v", c, a)
				}
			}
		})
		t.Run("CVE-2023-22894 search", func(t *testing.T) {
			s := s.in(t)
			for query, want := range map[string]float64{
				`{ x: users(search: "maker") { totalCount } }`:                          1, // by the name
				`{ x: users(search: "example") { totalCount } }`:                        0, // not by the address
				`{ x: users(search: "org") { totalCount } }`:                            0,
				`{ x: products(search: "priced") { totalCount } }`:                      1,
				`{ x: products(search: "4711") { totalCount } }`:                        0,
				`{ x: products(search: "xylophone") { totalCount } }`:                   0, // rows that are hidden
				`{ x: products(search: "unfindable") { totalCount } }`:                  0,
				`{ x: posts(search: "xylophone") { totalCount } }`:                      0,
				`{ x: posts(where: {tags: {has: "xylophone"}}) { totalCount } }`:        0,
				`{ x: posts(where: {status: {eq: DRAFT}}) { totalCount } }`:             0,
				`{ x: products(where: {published: {eq: false}}) { totalCount } }`:       0,
				`{ x: products(where: {not: {published: {eq: true}}}) { totalCount } }`: 0,
			} {
				if n := s.Get(s.member, query, nil, "x.totalCount"); n != want {
					t.Errorf("%s finds %v", query, n)
				}
			}
			if n := s.Get(s.editor, `{ x: products(search: "xylophone") { totalCount } }`, nil, "x.totalCount"); n != 1.0 {
				t.Errorf("the editor finds %v", n)
			}
		})
		t.Run("CVE-2023-22894 values tried by writing", func(t *testing.T) {
			s := s.in(t)
			for _, value := range []string{"4711", "1", "null"} { // the present one, another, none
				s.Refused(s.maker, `mutation($id: ID!) { updateProduct(input: {id: $id, costPrice: `+value+`}) { product { id } } }`, vars{"id": priced}, "FORBIDDEN")
			}
			if cost := s.Get(s.root, `query($id: ID!) { product(id: $id) { costPrice } }`, vars{"id": priced}, "product.costPrice"); cost != 4711.0 {
				t.Errorf("it costs %v now", cost)
			}
		})
		t.Run("CVE-2023-22894 lists below an object", func(t *testing.T) {
			s := s.in(t)
			s.Get(s.maker, `mutation($p: ID!) { createReview(input: {productId: $p, stars: 1, text: "Mine"}) { review { id } } }`, vars{"p": priced}, "createReview")
			review := s.Get(s.maker, `{ reviews { nodes { id } } }`, nil, "reviews.nodes.0.id")
			s.Get(s.editor, `mutation($id: ID!) { updateReview(input: {id: $id, hidden: true}) { review { id } } }`, vars{"id": review}, "updateReview")
			const below = `query($id: ID!) { product(id: $id) { all: reviews { totalCount } some: reviews(where: {stars: {eq: 1}}) { totalCount } hidden: reviews(where: {hidden: {eq: true}}) { totalCount nodes { text } } } }`
			grapnel.Wants(t, s.Get(s.member, below, vars{"id": priced}, "product"), map[string]any{"all.totalCount": 0, "some.totalCount": 0, "hidden.totalCount": 0})
			grapnel.Wants(t, s.Get(s.editor, below, vars{"id": priced}, "product"), map[string]any{"all.totalCount": 1, "some.totalCount": 1, "hidden.totalCount": 1})
		})

		// The fix for CVE-2023-22894 dropped filters that were not allowed: a list that
		// was narrowed to the caller's own became everybody's.
		t.Run("strapi#17001 a filter is applied or refused", func(t *testing.T) {
			s := s.in(t)
			all := s.Get(s.member, `{ products { totalCount } }`, nil, "products.totalCount")
			if n := s.Get(s.member, `query($id: ID!) { products(where: {makerId: {eq: $id}}) { totalCount } }`, vars{"id": s.makerID}, "products.totalCount"); n == all || n == 0.0 {
				t.Errorf("an honest filter finds %v of %v", n, all)
			}
			for _, where := range []string{
				`{costPrice: {eq: 1}}`, `{makerId: {eq: "` + s.makerID + `"}, costPrice: {eq: 1}}`,
				`{and: [{makerId: {eq: "` + s.makerID + `"}}, {costPrice: {eq: 1}}]}`, `{or: [{makerId: {eq: "x"}}, {costPrice: {eq: 1}}]}`, `{or: {costPrice: {eq: 1}}}`,
			} {
				for _, list := range []string{`products(where: ` + where + `) { totalCount nodes { id } }`, `a: products { totalCount } products(where: ` + where + `) { totalCount }`} {
					s.Refused(s.member, `{ `+list+` }`, nil, "FORBIDDEN")
				}
			}
			for _, where := range []string{ // null where it could mean "no condition"
				`{makerId: null}`, `{makerId: {in: null}}`, `{makerId: {ne: null}}`, `{price: {gt: null}}`, `{and: null}`, `{or: null}`, `{not: null}`, `{costPrice: null}`, `{tags: {has: null}}`,
			} {
				a := answer(t, func() (map[string]any, error) {
					return s.Post(s.member, `{ products(where: `+where+`) { totalCount } }`, nil)
				})
				if code := grapnel.Code(a); code != "BAD_USER_INPUT" && code != "GRAPHQL_VALIDATION_FAILED" {
					t.Errorf("where %s answered %v", where, a)
				}
			}
			for _, where := range []string{ // unknown fields and operators, those of other types too
				`{maker: {eq: "x"}}`, `{name: {eq: "x"}}`, `{story: {prefix: "x"}}`, `{makerId: {prefix: "x"}}`, `{published: {gt: true}}`, `{maker: {email: {eq: "x"}}}`, `{email: {eq: "x"}}`, `{id: "x"}`,
			} {
				s.Refused(s.member, `{ products(where: `+where+`) { totalCount } }`, nil, "GRAPHQL_VALIDATION_FAILED")
			}
			for _, where := range []string{`{or: []}`, `{makerId: {in: []}}`, `{tags: {hasSome: []}}`, `{not: {}}`} { // none of nothing
				if n := s.Get(s.member, `{ products(where: `+where+`) { totalCount } }`, nil, "products.totalCount"); n != 0.0 {
					t.Errorf("where %s finds %v", where, n)
				}
			}
		})
		// Conditions that mean nothing where they stand: a forbidden one is told, as
		// any other.
		for name, query := range map[string]string{
			"without an operator":          `{ products(where: {costPrice: {}}) { totalCount } }`,
			"with an absent variable":      `query($c: Int) { products(where: {costPrice: {eq: $c}}) { totalCount } }`,
			"beside one that is for all":   `{ products(where: {or: [{costPrice: {gt: 1}}, {}]}) { totalCount } }`,
			"beside one that is for none":  `{ products(where: {and: [{or: []}, {costPrice: {gt: 1}}]}) { totalCount } }`,
			"below a negation of anything": `{ products(where: {not: {or: [{}, {costPrice: {gt: 1}}]}}) { totalCount } }`,
		} {
			t.Run("strapi#17001 a forbidden filter "+name, func(t *testing.T) {
				s.in(t).Refused(s.member, query, nil, "FORBIDDEN")
			})
		}
	})
}

// absent is an id that looks like id and is nobody's.
func absent(id string) string {
	last := "0"
	if strings.HasSuffix(id, "0") {
		last = "1"
	}
	return id[:len(id)-1] + last
}
