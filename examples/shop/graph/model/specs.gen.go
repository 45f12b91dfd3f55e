// Code generated from the schema by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Specs describes the stored types that the schema declares.
func Specs() []core.Spec {
	return []core.Spec{
		{
			Type: "Asset", Name: "assets", Prefix: "asset",
			Attributes: []core.Attribute{
				{Name: "filename", Required: true},
				{Name: "contentType", Required: true},
				{Name: "size", Kind: core.Int, Required: true},
				{Name: "sha256", Required: true},
				{Name: "width", Kind: core.Int, Bits: 32},
				{Name: "height", Kind: core.Int, Bits: 32},
				{Name: "alt"},
				{Name: "ownerId", Required: true, Reference: "users"},
				{Name: "visibility", Required: true, Values: []string{"PUBLIC", "PRIVATE"}},
				{Name: "state", Required: true, Values: []string{"PENDING", "READY"}},
			},
			Fields: []core.Field{
				{Name: "filename"},
				{Name: "contentType"},
				{Name: "size", Kind: core.Int},
				{Name: "ownerId"},
				{Name: "visibility"},
				{Name: "state"},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"filename"}, {"size"}, {"visibility", "state", "createdAt"}, {"state", "createdAt"}, {"ownerId", "createdAt"}},
			Rules: []core.Rule{
				{Verbs: core.Read, Where: core.And(core.Eq("visibility", "PUBLIC"), core.Eq("state", "READY"))},
				{Verbs: core.AnyVerb, Owner: "ownerId"},
				{Verbs: core.Read | core.Update | core.Delete, Role: core.Editor, Where: core.Eq("state", "READY")},
			},
		},
		{
			Type: "Page", Name: "pages", Prefix: "page",
			Attributes: []core.Attribute{
				{Name: "title", Required: true, Constraint: "maxLength: 200, minLength: 1"},
				{Name: "slug", Required: true, Constraint: "format: SLUG"},
				{Name: "description", Constraint: "maxLength: 300"},
				{Name: "body", Required: true, Default: "", Constraint: "maxLength: 200000"},
				{Name: "status", Required: true, Default: "DRAFT", Values: []string{"DRAFT", "PUBLISHED"}},
			},
			New: func() any { return new(Page) },
			Fields: []core.Field{
				{Name: "title"},
				{Name: "slug", Unique: true},
				{Name: "status"},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"title"}, {"status", "title"}},
			Bulk:    []string{"body"},
			Search:  []string{"title", "body"},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.Read, Where: core.Eq("status", "PUBLISHED")},
				{Verbs: core.AnyVerb, Role: core.Editor},
			},
		},
		{
			Type: "Post", Name: "posts", Prefix: "post",
			Attributes: []core.Attribute{
				{Name: "title", Required: true},
				{Name: "slug"},
				{Name: "excerpt"},
				{Name: "body", Required: true},
				{Name: "tags", Array: true},
				{Name: "authorId", Required: true, Reference: "users"},
				{Name: "coverId", Reference: "assets"},
				{Name: "status", Required: true, Values: []string{"DRAFT", "PUBLISHED"}},
				{Name: "publishedAt", Kind: core.Time},
				{Name: "date", Kind: core.Time, Required: true},
			},
			Fields: []core.Field{
				{Name: "title"},
				{Name: "tags", Array: true},
				{Name: "authorId"},
				{Name: "status"},
				{Name: "publishedAt", Kind: core.Time},
				{Name: "date", Kind: core.Time},
				{Name: "createdAt", Kind: core.Time},
				{Name: "updatedAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"title"}, {"tags", "date"}, {"authorId", "date"}, {"status", "date"}, {"date"}, {"updatedAt"}},
			Bulk:    []string{"body"},
			Search:  []string{"title", "excerpt", "body"},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.Read, Where: core.And(core.Eq("status", "PUBLISHED"), core.Lte("date", core.Now{}))},
				{Verbs: core.Read, Owner: "authorId"},
				{Verbs: core.Create | core.Update | core.Delete, Role: core.Author, Owner: "authorId"},
				{Verbs: core.AnyVerb, Role: core.Editor},
			},
		},
		{
			Type: "User", Name: "users", Prefix: "user",
			Attributes: []core.Attribute{
				{Name: "username", Required: true},
				{Name: "displayName"},
				{Name: "bio"},
				{Name: "avatarId", Reference: "assets"},
				{Name: "role", Required: true, Values: []string{"MEMBER", "AUTHOR", "EDITOR", "ADMIN"}},
				{Name: "email", Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Owner: "_id"}, {Verbs: core.Create | core.Read | core.Update, Role: core.Admin}}},
				{Name: "suspendedAt", Kind: core.Time, Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Owner: "_id"}, {Verbs: core.Create | core.Read | core.Update, Role: core.Admin}}},
				{Name: "address", Kind: core.Document, Type: "Address", Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Owner: "_id"}, {Verbs: core.Create | core.Read | core.Update, Role: core.Editor}}},
				{Name: "seller", Kind: core.Bool, Required: true, Default: false},
				{Name: "favouriteId", Reference: "products"},
			},
			Embedded: map[string][]core.Attribute{
				"Address": {
					{Name: "street", Required: true, Constraint: "maxLength: 200, minLength: 1"},
					{Name: "city", Required: true, Constraint: "maxLength: 100, minLength: 1"},
					{Name: "country", Required: true, Default: "DE", Constraint: "pattern: \"[A-Z]{2}\""},
				},
			},
			Added: core.NewAddition(NewUserExtension),
			Fields: []core.Field{
				{Name: "username", Unique: true},
				{Name: "role"},
				{Name: "email", Unique: true},
				{Name: "suspendedAt", Kind: core.Time},
				{Name: "seller", Kind: core.Bool},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"username"}, {"role", "createdAt"}, {"seller"}},
			Search:  []string{"username", "displayName"},
			Rules: []core.Rule{
				{Verbs: core.Read},
				{Verbs: core.Update, Owner: "_id"},
				{Verbs: core.Update, Role: core.Admin},
			},
		},
		{
			Type: "Order", Name: "orders", Prefix: "order",
			Attributes: []core.Attribute{
				{Name: "buyerId", Reference: "users"},
				{Name: "lines", Kind: core.Document, Array: true, Type: "OrderLine", Constraint: "maxItems: 50, minItems: 1"},
				{Name: "total", Kind: core.Int, Bits: 32, Required: true},
				{Name: "status", Required: true, Default: "NEW", Values: []string{"NEW", "SHIPPED", "CANCELLED"}},
				{Name: "note", Constraint: "maxLength: 1000"},
			},
			Embedded: map[string][]core.Attribute{
				"OrderLine": {
					{Name: "productId", Required: true},
					{Name: "quantity", Kind: core.Int, Bits: 32, Required: true, Default: int64(1), Constraint: "max: 1000, min: 1"},
				},
			},
			New: func() any { return new(Order) },
			Fields: []core.Field{
				{Name: "buyerId"},
				{Name: "total", Kind: core.Int},
				{Name: "status"},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"total"}, {"status", "createdAt"}, {"buyerId", "createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.Create | core.Read, Owner: "buyerId"},
				{Verbs: core.Read | core.Update, Role: core.Editor},
			},
		},
		{
			Type: "Product", Name: "products", Prefix: "product",
			Attributes: []core.Attribute{
				{Name: "name", Required: true, Constraint: "maxLength: 200, minLength: 1"},
				{Name: "sku", Required: true, Constraint: "pattern: \"[A-Z]{2}-[0-9]{3,8}\""},
				{Name: "price", Kind: core.Int, Bits: 32, Required: true, Constraint: "min: 0"},
				{Name: "taxRate", Kind: core.Decimal, Required: true, Default: value.MustDecimal("0.20"), Constraint: "max: 1, min: 0, multipleOf: 0.001"},
				{Name: "availableFrom", Kind: core.Date},
				{Name: "attributes", Kind: core.JSON},
				{Name: "kind", Required: true, Default: "GOODS", Values: []string{"GOODS", "SERVICE"}},
				{Name: "published", Kind: core.Bool, Required: true, Default: false},
				{Name: "dimensions", Kind: core.Document, Type: "Dimensions"},
				{Name: "parts", Kind: core.Document, Array: true, Type: "Part"},
				{Name: "tags", Array: true, Constraint: "maxItems: 10, maxLength: 30, uniqueItems: true"},
				{Name: "story", Constraint: "maxLength: 100000"},
				{Name: "photoIds", Array: true, Reference: "assets"},
				{Name: "makerId", Reference: "users"},
				{Name: "costPrice", Kind: core.Int, Bits: 32, Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Role: core.Admin}}},
			},
			Embedded: map[string][]core.Attribute{
				"Dimensions": {
					{Name: "width", Kind: core.Float, Required: true, Constraint: "exclusiveMin: 0"},
					{Name: "height", Kind: core.Float, Required: true, Constraint: "exclusiveMin: 0"},
					{Name: "depth", Kind: core.Float, Required: true, Constraint: "exclusiveMin: 0"},
				},
				"Part": {
					{Name: "name", Required: true, Constraint: "maxLength: 100, minLength: 1"},
					{Name: "quantity", Kind: core.Int, Bits: 32, Required: true, Default: int64(1), Constraint: "min: 1"},
					{Name: "parts", Kind: core.Document, Array: true, Type: "Part"},
				},
			},
			New: func() any { return new(Product) },
			Fields: []core.Field{
				{Name: "sku", Unique: true},
				{Name: "price", Kind: core.Int},
				{Name: "taxRate", Kind: core.Decimal},
				{Name: "availableFrom", Kind: core.Date},
				{Name: "kind"},
				{Name: "published", Kind: core.Bool},
				{Name: "tags", Array: true},
				{Name: "makerId"},
				{Name: "costPrice", Kind: core.Int},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"price"}, {"taxRate"}, {"kind", "price"}, {"published", "createdAt"}, {"tags", "createdAt"}, {"makerId", "createdAt"}},
			Bulk:    []string{"story"},
			Search:  []string{"name", "story"},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.Read, Where: core.Eq("published", true)},
				{Verbs: core.Create | core.Read | core.Update, Owner: "makerId"},
				{Verbs: core.AnyVerb, Role: core.Editor},
			},
		},
		{
			Type: "Review", Name: "reviews", Prefix: "review",
			Attributes: []core.Attribute{
				{Name: "productId", Required: true, Reference: "products"},
				{Name: "authorId", Reference: "users"},
				{Name: "stars", Kind: core.Int, Bits: 32, Required: true, Constraint: "max: 5, min: 1"},
				{Name: "text", Required: true, Constraint: "maxLength: 5000, minLength: 1"},
				{Name: "hidden", Kind: core.Bool, Required: true, Default: false, Guard: []core.Rule{{Verbs: core.Read}, {Verbs: core.Create | core.Read | core.Update, Role: core.Editor}}},
			},
			New: func() any { return new(Review) },
			Fields: []core.Field{
				{Name: "productId"},
				{Name: "authorId"},
				{Name: "stars", Kind: core.Int},
				{Name: "hidden", Kind: core.Bool},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"stars"}, {"hidden", "createdAt"}, {"authorId", "createdAt"}, {"productId", "createdAt"}},
			Search:  []string{"text"},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.Read, Where: core.Eq("hidden", false)},
				{Verbs: core.AnyVerb, Owner: "authorId"},
				{Verbs: core.Read | core.Update | core.Delete, Role: core.Editor},
			},
		},
		{
			Type: "Shop", Name: "shop", Prefix: "shop",
			Attributes: []core.Attribute{
				{Name: "name", Required: true, Default: "Shop", Constraint: "maxLength: 80, minLength: 1"},
				{Name: "notice", Constraint: "maxLength: 500"},
				{Name: "logoId", Reference: "assets"},
				{Name: "open", Kind: core.Bool, Required: true, Default: true},
				{Name: "menu", Kind: core.Document, Array: true, Type: "MenuEntry", Constraint: "maxItems: 20"},
			},
			Embedded: map[string][]core.Attribute{
				"MenuEntry": {
					{Name: "label", Required: true, Constraint: "maxLength: 60, minLength: 1"},
					{Name: "url", Constraint: "format: URL"},
					{Name: "entries", Kind: core.Document, Array: true, Type: "MenuEntry", Constraint: "maxItems: 20"},
				},
			},
			New: func() any { return new(Shop) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes:   [][]string{{"createdAt"}},
			Live:      true,
			Singleton: true,
			Rules: []core.Rule{
				{Verbs: core.Read},
				{Verbs: core.Read | core.Update, Role: core.Editor},
			},
		},
	}
}
