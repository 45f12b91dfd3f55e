package product_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// The example, a project of its own, on each pair of stores and across a restart.
func TestShop(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		env := stores.Env
		p := shop.Start(t, env...)
		root := p.Admin()
		maker, makerID := p.SignUp("maker")
		buyer, buyerID := p.SignUp("buyer")
		seen, hers := p.Follow("", "productChanged"), p.Follow(buyer, "orderChanged")

		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 6))); err != nil {
			t.Fatal(err)
		}
		var photos []any
		for i := range 2 {
			up, err := p.Upload(maker, fmt.Sprintf("boat%d.png", i), bytes.NewReader(picture.Bytes()))
			if err != nil || up["errors"] != nil {
				t.Fatalf("upload: %v %v\n%s", err, up, p.Log)
			}
			photos = append(photos, grapnel.Dig(up, "data.uploadAsset.asset.id"))
		}

		// Made by its maker, hidden until it is published.
		id := p.Get(maker, `mutation($p: [ID!]!) { createProduct(input: {
				name: "Wooden Bôat", sku: "BO-001", price: 1999, tags: ["wood", "sea"], story: "Built by hand.", photoIds: $p,
				dimensions: {width: 20.5, height: 10, depth: 5}, parts: [{name: "hull", parts: [{name: "keel", parts: []}]}]
			}) { product { id version kind published maker { username } } } }`, vars{"p": photos}, "createProduct.product.id").(string)
		// Null is as left out, but in updates of what may be null.
		const all = `{ product { id name price kind published tags parts { name } photos { id } story maker { username } } }`
		oar := p.Get(maker, `mutation($p: [ID!]) { createProduct(input: {name: "Oar", sku: "OA-001", price: 1, story: "Long.", tags: ["wood"], parts: [{name: "blade", parts: []}],
			photoIds: $p, kind: null, published: null, costPrice: null}) `+all+` }`, vars{"p": photos}, "createProduct.product")
		grapnel.Wants(t, oar, vars{"kind": "GOODS", "published": false, "maker.username": "maker"})
		grapnel.Wants(t, p.Get(maker, `mutation { createProduct(input: {name: "Bare", sku: "BA-001", price: 1, tags: null, parts: null, photoIds: null}) `+all+` }`, nil, "createProduct.product"),
			vars{"tags": []any{}, "parts": []any{}, "photos": []any{}})
		oarID := grapnel.Dig(oar, "id")
		same := p.Get(maker, `mutation($id: ID!) { updateProduct(input: {id: $id, name: null, price: null, kind: null, published: null, tags: null, parts: null, photoIds: null}) `+all+` }`, vars{"id": oarID}, "updateProduct.product")
		if fmt.Sprint(same) != fmt.Sprint(oar) {
			t.Errorf("nulls made %v of %v", same, oar)
		}
		grapnel.Wants(t, p.Get(maker, `mutation($id: ID!) { updateProduct(input: {id: $id, story: null}) `+all+` }`, vars{"id": oarID}, "updateProduct.product"), vars{"story": nil, "name": "Oar"})
		p.Refused(maker, `mutation($id: ID!) { updateProduct(input: {id: $id, costPrice: null}) { product { id } } }`, vars{"id": oarID}, "FORBIDDEN")
		p.Refused("", `query($id: ID!) { product(id: $id) { name } }`, vars{"id": id}, "NOT_FOUND")
		p.Refused(maker, `mutation { createProduct(input: {name: "Copy", sku: "BO-001", price: 1}) { product { id } } }`, nil, "CONFLICT")
		both, err := p.Post(maker, `mutation {
			a: createProduct(input: {name: "Boom", sku: "BM-001", price: 1}) { product { name } }
			b: createProduct(input: {name: "Copy", sku: "BO-001", price: 1}) { product { name } }
		}`, nil)
		if err != nil || grapnel.Code(both) != "CONFLICT" {
			t.Errorf("two mutations of which one fails: %v %v", both, err)
		}
		grapnel.Wants(t, both["data"], vars{"a.product.name": "Boom", "b": nil})
		p.Refused(maker, `mutation($id: ID!) { updateProduct(input: {id: $id, costPrice: 3}) { product { id } } }`, vars{"id": id}, "FORBIDDEN")
		p.Refused("", `mutation { createProduct(input: {name: "Mine", sku: "XX-000", price: 1}) { product { id } } }`, nil, "UNAUTHENTICATED")
		p.Refused(buyer, `mutation($id: ID!) { createProduct(input: {name: "Forged", sku: "XX-000", price: 1, makerId: $id}) { product { id } } }`, vars{"id": makerID}, "FORBIDDEN")
		p.Get(root, `mutation($id: ID!) { updateProduct(input: {id: $id, costPrice: 700}) { product { costPrice } } }`, vars{"id": id}, "updateProduct")
		p.Get(maker, `mutation($id: ID!) { updateProduct(input: {id: $id, published: true, expectedVersion: 2, parts: []}) { product { version parts { name } } } }`, vars{"id": id}, "updateProduct")
		p.Refused(maker, `mutation($id: ID!) { updateProduct(input: {id: $id, price: 5, expectedVersion: 2}) { product { id } } }`, vars{"id": id}, "CONFLICT")
		heard(t, p, seen, "ADDED "+id)

		// Reviewed; one review is hidden by an editor.
		for token, stars := range map[string]int{maker: 5, buyer: 2} {
			p.Get(token, `mutation($p: ID!, $s: Int!) { createReview(input: {productId: $p, stars: $s, text: "So I found it."}) { review { id } } }`, vars{"p": id, "s": stars}, "createReview")
		}
		p.Refused(buyer, `mutation($p: ID!) { createReview(input: {productId: $p, stars: 6, text: ""}) { review { id } } }`, vars{"p": id}, "BAD_USER_INPUT")
		bad := p.Get("", `{ reviews(where: {stars: {lt: 3}}) { nodes { id } } }`, nil, "reviews.nodes.0.id").(string)
		p.Refused(buyer, `mutation($id: ID!) { updateReview(input: {id: $id, hidden: true}) { review { id } } }`, vars{"id": bad}, "FORBIDDEN")
		p.Get(root, `mutation($id: ID!) { updateReview(input: {id: $id, hidden: true}) { review { hidden } } }`, vars{"id": bad}, "updateReview")

		// Ordered, at today's price, and cancelled once.
		order := p.Get(buyer, `mutation($p: ID!) { createOrder(input: {lines: [{productId: $p, quantity: 3}]}) { order { id total status } } }`, vars{"p": id}, "createOrder.order").(map[string]any)
		grapnel.Wants(t, order, map[string]any{"total": 5997, "status": "NEW"})
		heard(t, p, hers, fmt.Sprint("ADDED ", order["id"]))
		p.Refused(buyer, `mutation { createOrder(input: {lines: [{productId: "product_none", quantity: 1}]}) { order { id } } }`, nil, "BAD_USER_INPUT")
		p.Refused(maker, `query($id: ID!) { order(id: $id) { total } }`, vars{"id": order["id"]}, "NOT_FOUND")
		p.Refused(maker, `mutation($id: ID!) { cancelOrder(id: $id) { status } }`, vars{"id": order["id"]}, "NOT_FOUND")
		p.Get(buyer, `mutation($id: ID!) { cancelOrder(id: $id) { status } }`, vars{"id": order["id"]}, "cancelOrder.status")
		p.Refused(buyer, `mutation($id: ID!) { cancelOrder(id: $id) { status } }`, vars{"id": order["id"]}, "BAD_USER_INPUT")
		heard(t, p, hers, fmt.Sprint("UPDATED ", order["id"]))

		// What the shop adds to users.
		p.Get(buyer, `mutation($id: ID!, $p: ID!) { updateUser(input: {id: $id, displayName: "Bea", favouriteId: $p, seller: true,
				address: {street: "1 Quay", city: "Hamburg", country: "DE"}}) { user { seller } } }`, vars{"id": buyerID, "p": id}, "updateUser")
		if a, err := p.Post(maker, `{ user: userByUsername(username: "buyer") { address { city } } }`, nil); err != nil ||
			a["errors"] != nil || grapnel.Dig(a, "data.user.address") != nil || fmt.Sprint(grapnel.Dig(a, "extensions.withheld")) != "[[user address]]" {
			t.Errorf("the maker asks for the buyer's address: %v %v", a, err)
		}

		check := func(p *grapnel.Server) {
			t.Helper()
			answer := p.Get("", `{
					productBySku(sku: "BO-001") { id }
					products(search: "boat", where: {tags: {has: "sea"}, price: {gte: 1000}, kind: {eq: GOODS}}, orderBy: {field: PRICE, direction: ASC}) {
						totalCount
						nodes { id story priceWithTax dimensions { width } parts { name } photos { width } maker { username }
							reviews(first: 5) { totalCount nodes { stars author { username } product { name } } } }
					}
					users(where: {seller: {eq: true}}) { nodes { displayName favourite { sku } orders { totalCount } } }
				}`, nil, "products.nodes.0").(map[string]any)
			grapnel.Wants(t, answer, map[string]any{
				"id": id, "story": "Built by hand.", "priceWithTax": 2399, "dimensions.width": 20.5, "parts": []any{}, "maker.username": "maker",
				"photos":             []any{map[string]any{"width": 8}, map[string]any{"width": 8}},
				"reviews.totalCount": 1, "reviews.nodes.0.stars": 5, "reviews.nodes.0.author.username": "maker", "reviews.nodes.0.product.name": "Wooden Bôat",
			})
			user := p.Get(buyer, `{ users(where: {seller: {eq: true}}) { totalCount nodes { displayName address { city } favourite { sku } orders { totalCount nodes { status lines { quantity } } } } } }`, nil, "users")
			grapnel.Wants(t, user, map[string]any{"totalCount": 1, "nodes.0.displayName": "Bea", "nodes.0.address.city": "Hamburg", "nodes.0.favourite.sku": "BO-001",
				"nodes.0.orders.nodes.0.status": "CANCELLED", "nodes.0.orders.nodes.0.lines.0.quantity": 3})
			// The others have the default, also the admin whom a command made.
			if n := p.Get("", `{ users(where: {seller: {eq: false}}) { totalCount } }`, nil, "users.totalCount"); n != 2.0 {
				t.Errorf("%v users have the default", n)
			}
			p.Refused(buyer, `{ products(where: {costPrice: {gt: 1}}) { totalCount } }`, nil, "FORBIDDEN")
			if n := p.Get(root, `{ products(where: {costPrice: {eq: 700}}) { totalCount } }`, nil, "products.totalCount"); n != 1.0 {
				t.Errorf("the admin finds %v products by what they cost", n)
			}
		}
		check(p)
		p.Stop()
		check(shop.Start(t, env...))
	})
}

// heard waits for an event of a subscription.
func heard(t *testing.T, p *grapnel.Server, events <-chan string, want string) {
	t.Helper()
	select {
	case e := <-events:
		if e != want {
			t.Errorf("the subscriber heard %q, want %q", e, want)
		}
	case <-time.After(15 * time.Second):
		t.Errorf("the subscriber heard nothing, want %q\n%s", want, p.Log)
	}
}

// A project that is made in an empty folder, as the README says, and gets the
// type that its own schema/README.md shows. It can be moved, and built there: it
// depends on nothing outside itself.
func TestNewProject(t *testing.T) {
	checkout, err := grapnel.Checkout()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "my-notes")
	run := func(in, name string, args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = in
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	made := filepath.Join(t.TempDir(), "my-notes")
	run(checkout, "go", "run", ".", "init", made)
	if err := os.Rename(made, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "Dockerfile", "README.md"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Contains(string(text), checkout) {
			t.Errorf("%s speaks of this machine: %v\n%s", name, err, text)
		}
	}
	notes, err := grapnel.Build(dir, filepath.Join(t.TempDir(), "notes"))
	if err != nil {
		t.Fatal(err)
	}
	p := notes.Start(t, "GRAPNEL_DATA="+t.TempDir())
	if p.Get("", `{ posts { totalCount } }`, nil, "posts.totalCount") != 0.0 {
		t.Error("a new project has posts")
	}
	p.Stop()

	readme, err := os.ReadFile(filepath.Join(dir, "schema", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile("(?s)```graphql\n(.*?)```").FindSubmatch(readme)
	if declared == nil {
		t.Fatal("schema/README.md of a new project declares no type")
	}
	if err := os.WriteFile(filepath.Join(dir, "schema", "note.graphqls"), declared[1], 0o644); err != nil {
		t.Fatal(err)
	}
	run(dir, "go", "generate", ".")
	run(dir, "go", "vet", "./...")
	if out := run(dir, "go", "mod", "tidy", "-diff"); out != "" {
		t.Errorf("go.mod is not tidy:\n%s", out)
	}
	if _, err := grapnel.Build(dir, string(notes)); err != nil {
		t.Fatal(err)
	}
	p = notes.Start(t, "GRAPNEL_DATA="+t.TempDir())
	ada, _ := p.SignUp("ada")
	eve, _ := p.SignUp("eve")
	id := p.Get(ada, `mutation { createNote(input: {text: "Buy milk"}) { note { id done writer { username } } } }`, nil, "createNote.note.id")
	p.Get(ada, `mutation($id: ID!) { updateNote(input: {id: $id, done: true}) { note { version } } }`, vars{"id": id}, "updateNote")
	if n := p.Get(ada, `{ notes(search: "milk", where: {done: {eq: true}}) { totalCount } }`, nil, "notes.totalCount"); n != 1.0 {
		t.Errorf("the writer finds %v notes", n)
	}
	p.Refused(eve, `query($id: ID!) { note(id: $id) { text } }`, vars{"id": id}, "NOT_FOUND")

	// A mistake is reported where it stands.
	broken := strings.Replace(string(declared[1]), `ownerField: "writer"`, `ownerField: "author"`, 1)
	if err := os.WriteFile(filepath.Join(dir, "schema", "note.graphqls"), []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "generate", ".")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if want := `schema/note.graphqls:5:`; err == nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), `no field "author"`) {
		t.Errorf("a mistake was answered by %q, %v", out, err)
	}
}
