// Code generated from the schema by `go generate`. DO NOT EDIT.

package resolvers

import (
	"example.org/names/graph"
	"example.org/names/graph/model"
	"example.org/names/schema"
	"github.com/grapnel/grapnel/core"
	basegraph "github.com/grapnel/grapnel/graph"
	base "github.com/grapnel/grapnel/resolvers"
)

// Models are the services of the types that the schema declares with @model.
type Models struct {
	Pages        *core.Model[model.Page]
	Site         *core.Model[model.Site]
	Errors       *core.Model[model.Error]
	ErrorLines   *core.Model[model.ErrorLine]
	HTTPRoutes   *core.Model[model.HTTPRoute]
	ServerIDs    *core.Model[model.HTTPServerIDs]
	TheModels    *core.Model[model.Models]
	AllNews      *core.Model[model.News]
	ProductLines *core.Model[model.ProductLine]
	Resolvers    *core.Model[model.Resolver]
	Roots        *core.Model[model.Root]
	Types        *core.Model[model.Type]
}

// NewModels makes them; once for each App.
func NewModels(app *core.App) *Models {
	return &Models{
		Pages:        core.NewModel[model.Page](app, "pages"),
		Site:         core.NewModel[model.Site](app, "site"),
		Errors:       core.NewModel[model.Error](app, "errors"),
		ErrorLines:   core.NewModel[model.ErrorLine](app, "errorLines"),
		HTTPRoutes:   core.NewModel[model.HTTPRoute](app, "httpRoutes"),
		ServerIDs:    core.NewModel[model.HTTPServerIDs](app, "serverIDs"),
		TheModels:    core.NewModel[model.Models](app, "theModels"),
		AllNews:      core.NewModel[model.News](app, "Articles"),
		ProductLines: core.NewModel[model.ProductLine](app, "product_Lines"),
		Resolvers:    core.NewModel[model.Resolver](app, "resolvers"),
		Roots:        core.NewModel[model.Root](app, "roots"),
		Types:        core.NewModel[model.Type](app, "types"),
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

func (x *root) Error() graph.ErrorResolver { return &errorResolver{x.r} }

type errorResolver struct{ *resolver }

func (x *root) HtmlPageInput() graph.HtmlPageInputResolver { return &htmlPageInputResolver{x.r} }

type htmlPageInputResolver struct{ *resolver }

func (x *root) Inner_PageInput() graph.Inner_PageInputResolver { return &innerPageInputResolver{x.r} }

type innerPageInputResolver struct{ *resolver }

func (x *root) Invitation() graph.InvitationResolver { return x.base.Invitation() }

func (x *root) Mail() graph.MailResolver { return x.base.Mail() }

func (x *root) Models() graph.ModelsResolver { return &modelsResolver{x.r} }

type modelsResolver struct{ *resolver }

func (x *root) NavigationLink() graph.NavigationLinkResolver { return &navigationLinkResolver{x.r} }

type navigationLinkResolver struct{ *resolver }

func (x *root) Page() graph.PageResolver { return &pageResolver{x.r} }

type pageResolver struct{ *resolver }

func (x *root) Post() graph.PostResolver { return x.base.Post() }

func (x *root) Product_Line() graph.Product_LineResolver { return &productLineResolver{x.r} }

type productLineResolver struct{ *resolver }

func (x *root) Root() graph.RootResolver { return &rootResolver{x.r} }

type rootResolver struct{ *resolver }

func (x *root) Site() graph.SiteResolver { return &siteResolver{x.r} }

type siteResolver struct{ *resolver }

func (x *root) Type() graph.TypeResolver { return &typeArgResolver{x.r} }

type typeArgResolver struct{ *resolver }

func (x *root) User() graph.UserResolver { return x.base.User() }
