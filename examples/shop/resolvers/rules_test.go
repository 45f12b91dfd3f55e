package resolvers_test

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/examples/shop/graph"
	"github.com/grapnel/grapnel/examples/shop/graph/model"
	"github.com/grapnel/grapnel/examples/shop/resolvers"
	basemodel "github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/ruletest"
)

// What the rules of the shop mean, beside those of users, posts and assets,
// which must hold here too.
func TestRules(t *testing.T) {
	tables := ruletest.Base()
	for i := range tables {
		if tables[i].Model == "User" {
			withAddress(&tables[i])
		}
	}
	ruletest.Run(t, ruletest.Project{
		Specs:  model.Specs(),
		Proven: basemodel.Specs(),
		Schema: func(app *core.App) graphql.ExecutableSchema {
			return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
		},
	}, append(tables, products, reviews, orders, shopItself)...)
}

// withAddress adds what the shop stores of users.
func withAddress(users *ruletest.Table) {
	for name, record := range users.Records {
		record["address"] = ruletest.Fields{"street": "zq" + name + "street", "city": "zq" + name + "city", "country": "NL"}
	}
	users.Guards["address"] = ruletest.Guard{
		// Users read their own, and those who send the parcels.
		Read: ruletest.Allow{
			"stranger":  "stranger editor admin",
			"owner":     "owner editor admin",
			"author":    "author editor admin",
			"editor":    ruletest.Editors,
			"admin":     ruletest.Editors,
			"suspended": ruletest.Editors,

			ruletest.New: ruletest.Editors,
		},
		Name: ruletest.Editors,
	}
	// An editor may write addresses, but not users.
	own := ruletest.Allow{
		"stranger":  "stranger admin",
		"owner":     "owner admin",
		"author":    "author admin",
		"editor":    "editor admin",
		"admin":     "admin",
		"suspended": "admin",
	}
	users.Writes = append(users.Writes,
		ruletest.Write{Verb: core.Update, Guard: "address", Call: `updateUser(input: {id: $id, address: {street: "A", city: "B", country: "DE"}})`, Allow: own},
		ruletest.Write{Verb: core.Update, Guard: "address", Call: `updateUser(input: {id: $id, address: null})`, Allow: own},
		ruletest.Write{Verb: core.Update, Call: `updateUser(input: {id: $id, seller: true})`, Allow: own},
		ruletest.Write{Verb: core.Update, Call: `updateUser(input: {id: $id, favouriteId: "product_public"})`, Allow: own},
		ruletest.Write{Verb: core.Update, Call: `updateUser(input: {id: $id, favouriteId: "product_hidden"})`, Only: "stranger owner",
			Allow: ruletest.Allow{"stranger": "admin", "owner": "owner admin"}, Invalid: ruletest.Allow{"stranger": "stranger"}},
	)
}

const owners = "owner editor admin"

var products = ruletest.Table{
	Model: "Product",
	Records: map[string]ruletest.Fields{
		"public":    {"makerId": "user_owner", "published": true, "sku": "ZQ-73109001"},
		"hidden":    {"makerId": "user_owner", "published": false, "sku": "ZQ-73109002"},
		"makerless": {"makerId": nil, "published": false, "sku": "ZQ-73109003"},
	},
	Read: ruletest.Allow{"public": ruletest.Everybody, "hidden": owners, "makerless": ruletest.Editors},
	Guards: map[string]ruletest.Guard{
		"costPrice": {Read: ruletest.Allow{"*": "admin", ruletest.New: "admin"}, Name: "admin"},
	},
	Writes: []ruletest.Write{
		// Whoever makes something may sell it in their own name.
		{Verb: core.Create, Call: `createProduct(input: {name: "Mine", sku: "AB-1234", price: 1})`, Allow: ruletest.Allow{ruletest.New: ruletest.Users}},
		{Verb: core.Create, Call: `createProduct(input: {name: "Not mine", sku: "AB-1234", price: 1, makerId: "user_suspended"})`, Allow: ruletest.Allow{ruletest.New: ruletest.Editors}},
		{Verb: core.Create, Call: `createProduct(input: {name: "Nobody's", sku: "AB-1234", price: 1, makerId: null})`, Allow: ruletest.Allow{ruletest.New: ruletest.Editors}},
		{Verb: core.Create, Guard: "costPrice", Call: `createProduct(input: {name: "Mine", sku: "AB-1234", price: 1, costPrice: 1})`, Allow: ruletest.Allow{ruletest.New: "admin"}},
		{Verb: core.Update, Call: `updateProduct(input: {id: $id, price: 1})`, Allow: ruletest.Allow{"*": owners, "makerless": ruletest.Editors}},
		{Verb: core.Update, Call: `updateProduct(input: {id: $id, published: false})`, Only: "public", Allow: ruletest.Allow{"*": owners}},
		{Verb: core.Update, Call: `updateProduct(input: {id: $id, published: true})`, Only: "hidden makerless", Allow: ruletest.Allow{"*": owners, "makerless": ruletest.Editors}},
		{Verb: core.Update, Call: `updateProduct(input: {id: $id, makerId: "user_stranger"})`, Allow: ruletest.Allow{"*": ruletest.Editors}},
		{Verb: core.Update, Guard: "costPrice", Call: `updateProduct(input: {id: $id, costPrice: 1})`, Allow: ruletest.Allow{"*": "admin"}},
		{Verb: core.Delete, Call: `deleteProduct(input: {id: $id})`, Allow: ruletest.Allow{"*": ruletest.Editors}},
	},
}

var reviews = ruletest.Table{
	Model: "Review",
	Records: map[string]ruletest.Fields{
		"open":       {"productId": "product_public", "authorId": "user_owner", "hidden": false, "stars": 3},
		"hidden":     {"productId": "product_public", "authorId": "user_owner", "hidden": true, "stars": 3},
		"authorless": {"productId": "product_public", "authorId": nil, "hidden": true, "stars": 3},
		// Of a product that is not for everybody; the review is.
		"early": {"productId": "product_hidden", "authorId": "user_stranger", "hidden": false, "stars": 3},
	},
	Read: ruletest.Allow{"open": ruletest.Everybody, "hidden": owners, "authorless": ruletest.Editors, "early": ruletest.Everybody},
	Guards: map[string]ruletest.Guard{
		// Everybody may know it, editors alone set it.
		"hidden": {Read: ruletest.Allow{"*": ruletest.Everybody, ruletest.New: ruletest.Everybody}, Name: ruletest.Everybody},
	},
	Writes: []ruletest.Write{
		{Verb: core.Create, Call: `createReview(input: {productId: "product_public", stars: 1, text: "Mine"})`, Allow: ruletest.Allow{ruletest.New: ruletest.Users}},
		{Verb: core.Create, Call: `createReview(input: {productId: "product_public", stars: 1, text: "Not mine", authorId: "user_suspended"})`, Allow: ruletest.Allow{}},
		{Verb: core.Create, Call: `createReview(input: {productId: "product_hidden", stars: 1, text: "Mine"})`, Allow: ruletest.Allow{ruletest.New: owners}, Invalid: ruletest.Allow{ruletest.New: "stranger author"}},
		{Verb: core.Create, Guard: "hidden", Call: `createReview(input: {productId: "product_public", stars: 1, text: "Mine", hidden: true})`, Allow: ruletest.Allow{ruletest.New: ruletest.Editors}},
		{Verb: core.Update, Call: `updateReview(input: {id: $id, text: "Changed"})`, Allow: ruletest.Allow{"*": owners, "authorless": ruletest.Editors, "early": "stranger editor admin"}},
		{Verb: core.Update, Guard: "hidden", Call: `updateReview(input: {id: $id, hidden: true})`, Only: "open early", Allow: ruletest.Allow{"*": ruletest.Editors}},
		{Verb: core.Update, Guard: "hidden", Call: `updateReview(input: {id: $id, hidden: false})`, Only: "hidden authorless", Allow: ruletest.Allow{"*": ruletest.Editors}},
		{Verb: core.Delete, Call: `deleteReview(input: {id: $id})`, Allow: ruletest.Allow{"*": owners, "authorless": ruletest.Editors, "early": "stranger editor admin"}},
	},
	Equivalent: map[string]string{
		"Review.hidden rule 2 without READ": "rule 1 lets everybody read the field",
	},
}

var orders = ruletest.Table{
	Model: "Order",
	Records: map[string]ruletest.Fields{
		"owners":    {"buyerId": "user_owner", "lines": lines},
		"strangers": {"buyerId": "user_stranger", "lines": lines},
		"shipped":   {"buyerId": "user_owner", "lines": lines, "status": "SHIPPED"},
		"buyerless": {"buyerId": nil, "lines": lines},
	},
	Read: ruletest.Allow{"owners": owners, "strangers": "stranger editor admin", "shipped": owners, "buyerless": ruletest.Editors},
	Writes: []ruletest.Write{
		{Verb: core.Create, Call: `createOrder(input: {lines: [{productId: "product_public", quantity: 1}]})`, Allow: ruletest.Allow{ruletest.New: ruletest.Users}},
		{Verb: core.Create, Call: `createOrder(input: {lines: [{productId: "product_public", quantity: 1}], buyerId: "user_suspended"})`, Allow: ruletest.Allow{}},
		{Verb: core.Create, Call: `createOrder(input: {lines: [{productId: "product_hidden", quantity: 1}]})`, Allow: ruletest.Allow{ruletest.New: owners}, Invalid: ruletest.Allow{ruletest.New: "stranger author"}},
		{Verb: core.Update, Call: `updateOrder(input: {id: $id, note: "Changed"})`, Allow: ruletest.Allow{"*": ruletest.Editors}},
		{Call: `cancelOrder(id: $id)`, Only: "owners strangers buyerless", Allow: ruletest.Allow{"owners": "owner", "strangers": "stranger"}},
		// What is on its way cannot be cancelled.
		{Call: `cancelOrder(id: $id)`, Only: "shipped", Invalid: ruletest.Allow{"*": "owner"}},
	},
}

var lines = []any{ruletest.Fields{"productId": "product_public", "quantity": 1}}

var shopItself = ruletest.Table{
	Model:   "Shop",
	Records: map[string]ruletest.Fields{"only": {"logoId": nil}},
	Read:    ruletest.Allow{"only": ruletest.Everybody},
	Writes: []ruletest.Write{
		{Verb: core.Update, Call: `updateShop(input: {name: "Corner shop", menu: [{label: "News", entries: [{label: "Old ones", entries: []}]}]})`, Allow: ruletest.Allow{"only": ruletest.Editors}},
		{Verb: core.Update, Call: `updateShop(input: {expectedVersion: 1, notice: null})`, Allow: ruletest.Allow{"only": ruletest.Editors}},
	},
	Equivalent: map[string]string{"Shop rule 2 without READ": "everybody reads the shop"},
}
