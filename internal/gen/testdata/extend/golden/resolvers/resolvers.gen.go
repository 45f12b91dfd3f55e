// Code generated from the schema by `go generate`. DO NOT EDIT.

package resolvers

import (
	"example.org/extend/graph"
	"example.org/extend/graph/model"
	"example.org/extend/schema"
	"github.com/grapnel/grapnel/core"
	basegraph "github.com/grapnel/grapnel/graph"
	base "github.com/grapnel/grapnel/resolvers"
)

// Models are the services of the types that the schema declares with @model.
type Models struct {
	Pages   *core.Model[model.Page]
	Site    *core.Model[model.Site]
	Letters *core.Model[model.Letter]
}

// NewModels makes them; once for each App.
func NewModels(app *core.App) *Models {
	return &Models{
		Pages:   core.NewModel[model.Page](app, "pages"),
		Site:    core.NewModel[model.Site](app, "site"),
		Letters: core.NewModel[model.Letter](app, "letters"),
	}
}

// resolver is a Resolver under a name that no field of the schema can have in Go.
type resolver = Resolver

// root hands gqlgen the resolvers of each type.
type root struct {
	r    *Resolver
	base basegraph.ResolverRoot
}

func newRoot(r *Resolver) graph.ResolverRoot {
	return &root{r, base.NewFor(r.app, schema.Files)}
}

func (x *root) Query() graph.QueryResolver { return &queryResolver{x.r, x.base.Query()} }

type queryResolver struct {
	*resolver
	basegraph.QueryResolver
}

func (x *root) Mutation() graph.MutationResolver { return &mutationResolver{x.r, x.base.Mutation()} }

type mutationResolver struct {
	*resolver
	basegraph.MutationResolver
}

func (x *root) Subscription() graph.SubscriptionResolver {
	return &subscriptionResolver{x.r, x.base.Subscription()}
}

type subscriptionResolver struct {
	*resolver
	basegraph.SubscriptionResolver
}

func (x *root) ApiKey() graph.ApiKeyResolver { return x.base.ApiKey() }

func (x *root) Asset() graph.AssetResolver { return x.base.Asset() }

func (x *root) Invitation() graph.InvitationResolver { return x.base.Invitation() }

func (x *root) Letter() graph.LetterResolver { return &letterResolver{x.r} }

type letterResolver struct{ *resolver }

func (x *root) Mail() graph.MailResolver { return x.base.Mail() }

func (x *root) NavigationLink() graph.NavigationLinkResolver { return &navigationLinkResolver{x.r} }

type navigationLinkResolver struct{ *resolver }

func (x *root) Page() graph.PageResolver { return &pageResolver{x.r} }

type pageResolver struct{ *resolver }

func (x *root) Post() graph.PostResolver { return x.base.Post() }

func (x *root) Site() graph.SiteResolver { return &siteResolver{x.r} }

type siteResolver struct{ *resolver }

func (x *root) Translation() graph.TranslationResolver { return &translationResolver{x.r} }

type translationResolver struct{ *resolver }

func (x *root) User() graph.UserResolver { return &userResolver{x.r, x.base.User()} }

type userResolver struct {
	*resolver
	basegraph.UserResolver
}
