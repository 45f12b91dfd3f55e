// Code generated from the schema by `go generate`. DO NOT EDIT.

package resolvers

import (
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/graph/model"
)

// Models are the services of the types that the schema declares with @model.
type Models struct {
	Pages *core.Model[model.Page]
	Site  *core.Model[model.Site]
}

// NewModels makes them; once for each App.
func NewModels(app *core.App) *Models {
	return &Models{
		Pages: core.NewModel[model.Page](app, "pages"),
		Site:  core.NewModel[model.Site](app, "site"),
	}
}

// resolver is a Resolver under a name that no field of the schema can have in Go.
type resolver = Resolver

// root hands gqlgen the resolvers of each type.
type root struct {
	r *Resolver
}

func newRoot(r *Resolver) graph.ResolverRoot {
	return &root{r}
}

func (x *root) Query() graph.QueryResolver { return &queryResolver{x.r} }

type queryResolver struct{ *resolver }

func (x *root) Mutation() graph.MutationResolver { return &mutationResolver{x.r} }

type mutationResolver struct{ *resolver }

func (x *root) Subscription() graph.SubscriptionResolver { return &subscriptionResolver{x.r} }

type subscriptionResolver struct{ *resolver }

func (x *root) ApiKey() graph.ApiKeyResolver { return &apiKeyResolver{x.r} }

type apiKeyResolver struct{ *resolver }

func (x *root) Asset() graph.AssetResolver { return &assetResolver{x.r} }

type assetResolver struct{ *resolver }

func (x *root) Invitation() graph.InvitationResolver { return &invitationResolver{x.r} }

type invitationResolver struct{ *resolver }

func (x *root) Mail() graph.MailResolver { return &mailResolver{x.r} }

type mailResolver struct{ *resolver }

func (x *root) NavigationLink() graph.NavigationLinkResolver { return &navigationLinkResolver{x.r} }

type navigationLinkResolver struct{ *resolver }

func (x *root) Page() graph.PageResolver { return &pageResolver{x.r} }

type pageResolver struct{ *resolver }

func (x *root) Post() graph.PostResolver { return &postResolver{x.r} }

type postResolver struct{ *resolver }

func (x *root) Site() graph.SiteResolver { return &siteResolver{x.r} }

type siteResolver struct{ *resolver }

func (x *root) User() graph.UserResolver { return &userResolver{x.r} }

type userResolver struct{ *resolver }
