// Code generated from the schema by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
)

// Specs describes the stored types that the schema declares.
func Specs() []core.Spec {
	return []core.Spec{
		{
			Type: "ApiKey", Name: "apiKeys", Prefix: "apikey",
			Attributes: []core.Attribute{
				{Name: "name", Required: true, Constraint: "maxLength: 100, minLength: 1"},
				{Name: "start", Required: true},
				{Name: "role", Required: true, Values: []string{"MEMBER", "AUTHOR", "EDITOR", "ADMIN"}},
				{Name: "types", Array: true, Constraint: "maxItems: 100, minItems: 1, uniqueItems: true"},
				{Name: "operations", Array: true, Values: []string{"CREATE", "READ", "UPDATE", "DELETE"}, Constraint: "minItems: 1, uniqueItems: true"},
				{Name: "userId", Reference: "users"},
				{Name: "createdById", Reference: "users"},
				{Name: "expiresAt", Kind: core.Time},
				{Name: "lastUsedAt", Kind: core.Time},
				{Name: "revokedAt", Kind: core.Time},
			},
			Fields: []core.Field{
				{Name: "userId"},
				{Name: "revokedAt", Kind: core.Time},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"userId", "createdAt"}},
			Rules: []core.Rule{
				{Verbs: core.Create | core.Read | core.Update, Owner: "userId"},
				{Verbs: core.Create | core.Read | core.Update, Role: core.Admin},
			},
		},
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
			Search:  []string{"filename", "alt"},
			Rules: []core.Rule{
				{Verbs: core.Read, Where: core.And(core.Eq("visibility", "PUBLIC"), core.Eq("state", "READY"))},
				{Verbs: core.AnyVerb, Owner: "ownerId"},
				{Verbs: core.Read | core.Update | core.Delete, Role: core.Editor, Where: core.Eq("state", "READY")},
			},
		},
		{
			Type: "Invitation", Name: "invitations", Prefix: "invitation",
			Attributes: []core.Attribute{
				{Name: "email", Required: true},
				{Name: "role", Required: true, Values: []string{"MEMBER", "AUTHOR", "EDITOR", "ADMIN"}},
				{Name: "username"},
				{Name: "displayName"},
				{Name: "invitedById", Reference: "users"},
				{Name: "expiresAt", Kind: core.Time, Required: true},
				{Name: "acceptedAt", Kind: core.Time},
				{Name: "cancelledAt", Kind: core.Time},
			},
			Fields: []core.Field{
				{Name: "email"},
				{Name: "expiresAt", Kind: core.Time},
				{Name: "acceptedAt", Kind: core.Time},
				{Name: "cancelledAt", Kind: core.Time},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}},
			Rules: []core.Rule{
				{Verbs: core.Create | core.Read | core.Update, Role: core.Admin},
			},
		},
		{
			Type: "Mail", Name: "mails", Prefix: "mail",
			Attributes: []core.Attribute{
				{Name: "subject", Required: true},
				{Name: "to", Required: true},
				{Name: "state", Required: true, Values: []string{"WAITING", "SENT", "FAILED"}},
				{Name: "failure"},
				{Name: "attempts", Kind: core.Int, Bits: 32, Required: true},
				{Name: "nextAttemptAt", Kind: core.Time},
				{Name: "sentAt", Kind: core.Time},
			},
			Fields: []core.Field{
				{Name: "to"},
				{Name: "state"},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"state", "createdAt"}},
			Rules: []core.Rule{
				{Verbs: core.Read, Role: core.Admin},
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
			Type: "Site", Name: "site", Prefix: "site",
			Attributes: []core.Attribute{
				{Name: "title", Required: true, Default: "My site", Constraint: "maxLength: 100, minLength: 1"},
				{Name: "tagline", Constraint: "maxLength: 200"},
				{Name: "logoId", Reference: "assets"},
				{Name: "faviconId", Reference: "assets"},
				{Name: "language", Required: true, Default: "en", Constraint: "format: LANGUAGE"},
				{Name: "timezone", Required: true, Default: "UTC", Constraint: "format: TIME_ZONE"},
				{Name: "registration", Required: true, Default: "OPEN", Values: []string{"OPEN", "CLOSED"}},
				{Name: "navigation", Kind: core.Document, Array: true, Type: "NavigationLink", Constraint: "maxItems: 50"},
				{Name: "footer", Constraint: "maxLength: 2000"},
				{Name: "socialLinks", Kind: core.Document, Array: true, Type: "SocialLink", Constraint: "maxItems: 20"},
			},
			Embedded: map[string][]core.Attribute{
				"NavigationLink": {
					{Name: "label", Required: true, Constraint: "maxLength: 60, minLength: 1"},
					{Name: "postId", Reference: "posts", Constraint: "exactlyOne of: [\"post\",\"page\",\"tag\",\"url\"]"},
					{Name: "pageId", Reference: "pages", Constraint: "exactlyOne of: [\"post\",\"page\",\"tag\",\"url\"]"},
					{Name: "tag", Constraint: "format: TAG, maxLength: 50, minLength: 1, exactlyOne of: [\"post\",\"page\",\"tag\",\"url\"]"},
					{Name: "url", Constraint: "format: LINK, exactlyOne of: [\"post\",\"page\",\"tag\",\"url\"]"},
					{Name: "children", Kind: core.Document, Array: true, Type: "NavigationLink", Constraint: "maxItems: 50"},
				},
				"SocialLink": {
					{Name: "label", Required: true, Constraint: "maxLength: 60, minLength: 1"},
					{Name: "url", Required: true, Constraint: "format: URL"},
				},
			},
			New: func() any { return new(Site) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes:   [][]string{{"createdAt"}},
			Live:      true,
			Singleton: true,
			Rules: []core.Rule{
				{Verbs: core.Read},
				{Verbs: core.Read | core.Update, Role: core.Admin},
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
				{Name: "emailVerifiedAt", Kind: core.Time, Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Owner: "_id"}, {Verbs: core.Create | core.Read | core.Update, Role: core.Admin}}},
				{Name: "suspendedAt", Kind: core.Time, Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Owner: "_id"}, {Verbs: core.Create | core.Read | core.Update, Role: core.Admin}}},
				{Name: "secondFactorAt", Kind: core.Time, Guard: []core.Rule{{Verbs: core.Create | core.Read | core.Update, Owner: "_id"}, {Verbs: core.Create | core.Read | core.Update, Role: core.Admin}}},
			},
			Fields: []core.Field{
				{Name: "username", Unique: true},
				{Name: "role"},
				{Name: "email", Unique: true},
				{Name: "emailVerifiedAt", Kind: core.Time},
				{Name: "suspendedAt", Kind: core.Time},
				{Name: "secondFactorAt", Kind: core.Time},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"username"}, {"role", "createdAt"}},
			Search:  []string{"username", "displayName"},
			Rules: []core.Rule{
				{Verbs: core.Read},
				{Verbs: core.Update | core.Delete, Owner: "_id"},
				{Verbs: core.Update, Role: core.Admin},
			},
		},
		{
			Type: "Error", Name: "errors", Prefix: "error",
			Attributes: []core.Attribute{
				{Name: "typeId", Reference: "types"},
				{Name: "lineName", Constraint: "pattern: \"b\""},
				{Name: "contextText", Constraint: "pattern: \"c\""},
			},
			New: func() any { return new(Error) },
			Fields: []core.Field{
				{Name: "typeId", Unique: true},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"typeId", "createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "ErrorLine", Name: "errorLines", Prefix: "line",
			Attributes: []core.Attribute{
				{Name: "name", Constraint: "pattern: \"d\""},
			},
			New: func() any { return new(ErrorLine) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "HTTPRoute", Name: "httpRoutes", Prefix: "httproute",
			Attributes: []core.Attribute{
				{Name: "type", Required: true},
				{Name: "func", Kind: core.Int, Bits: 32, Required: true},
				{Name: "error"},
				{Name: "string", Required: true},
				{Name: "userId", Required: true},
				{Name: "url_path", Required: true},
				{Name: "htmlURL2", Required: true},
				{Name: "kindOf", Required: true, Values: []string{"API_KEY", "html", "Url2", "_X"}},
				{Name: "kinds", Array: true, Values: []string{"API_KEY", "html", "Url2", "_X"}},
				{Name: "range", Kind: core.Document, Type: "Range"},
			},
			Embedded: map[string][]core.Attribute{
				"Range": {
					{Name: "from", Kind: core.Int, Bits: 32, Required: true},
					{Name: "default", Kind: core.Document, Array: true, Type: "Range"},
				},
			},
			New: func() any { return new(HTTPRoute) },
			Fields: []core.Field{
				{Name: "type", Unique: true},
				{Name: "func", Kind: core.Int},
				{Name: "error"},
				{Name: "string", Unique: true},
				{Name: "userId"},
				{Name: "url_path"},
				{Name: "htmlURL2"},
				{Name: "kindOf"},
				{Name: "kinds", Array: true},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"type"}, {"func"}, {"error"}, {"userId"}, {"url_path"}, {"htmlURL2"}, {"kindOf"}},
			Rules: []core.Rule{
				{Verbs: core.AnyVerb, Role: core.Admin},
			},
		},
		{
			Type: "HTTPServerIDs", Name: "serverIDs", Prefix: "srv",
			Attributes: []core.Attribute{
				{Name: "ab_c", Kind: core.Int, Bits: 32, Constraint: "min: 1"},
			},
			New: func() any { return new(HTTPServerIDs) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "Models", Name: "theModels", Prefix: "models",
			Attributes: []core.Attribute{
				{Name: "rootId", Reference: "roots"},
			},
			New: func() any { return new(Models) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "News", Name: "Articles", Prefix: "n",
			Attributes: []core.Attribute{
				{Name: "text", Required: true},
			},
			New: func() any { return new(News) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
				{Name: "updatedAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"updatedAt"}},
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "Product_Line", Name: "product_Lines", Prefix: "pl",
			Attributes: []core.Attribute{
				{Name: "x1", Kind: core.Int, Bits: 32},
				{Name: "rootId", Reference: "roots"},
				{Name: "page", Kind: core.Document, Type: "HtmlPage"},
			},
			Embedded: map[string][]core.Attribute{
				"HtmlPage": {
					{Name: "page_url", Required: true, Default: ""},
					{Name: "inner_page", Kind: core.Document, Type: "Inner_Page"},
				},
				"Inner_Page": {
					{Name: "func", Kind: core.Int, Bits: 32, Required: true, Default: int64(1)},
				},
			},
			New: func() any { return new(ProductLine) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "Resolver", Name: "resolvers", Prefix: "resolver",
			Attributes: []core.Attribute{
				{Name: "model", Required: true},
				{Name: "core", Required: true},
				{Name: "time", Kind: core.Time, Required: true},
			},
			New: func() any { return new(Resolver) },
			Fields: []core.Field{
				{Name: "model"},
				{Name: "core"},
				{Name: "time", Kind: core.Time},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"model"}, {"core"}, {"time"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "Root", Name: "roots", Prefix: "root",
			Attributes: []core.Attribute{
				{Name: "resolverId", Reference: "resolvers"},
			},
			New: func() any { return new(Root) },
			Fields: []core.Field{
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
		{
			Type: "Type", Name: "types", Prefix: "type",
			Attributes: []core.Attribute{
				{Name: "name", Required: true, Constraint: "pattern: \"a\""},
				{Name: "keyId", Reference: "httpRoutes"},
				{Name: "keyIds", Array: true, Reference: "httpRoutes"},
			},
			New: func() any { return new(Type) },
			Fields: []core.Field{
				{Name: "keyIds", Array: true},
				{Name: "createdAt", Kind: core.Time},
			},
			Indexes: [][]string{{"createdAt"}, {"keyIds"}},
			Live:    true,
			Rules: []core.Rule{
				{Verbs: core.AnyVerb},
			},
		},
	}
}
