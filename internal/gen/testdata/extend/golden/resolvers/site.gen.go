// Code generated from schema/gen/grapnel/site.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/extend/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Site(ctx context.Context) (*model.Site, error) {
	return translate.Maybe(r.models.Site.Only(ctx))
}

func (r *mutationResolver) UpdateSite(ctx context.Context, input model.UpdateSiteInput) (*model.UpdateSitePayload, error) {
	doc, err := r.models.Site.Update(ctx, r.models.Site.OnlyID(), translate.Version(input.ExpectedVersion), updateSite(&input))
	return &model.UpdateSitePayload{Site: doc}, err
}

func (r *subscriptionResolver) SiteChanged(ctx context.Context) (<-chan *core.Change[model.Site], error) {
	return r.models.Site.Changed(ctx, core.All)
}

func updateSite(in *model.UpdateSiteInput) core.Edits[model.Site] {
	e := core.Edits[model.Site]{Apply: func(d *model.Site, c *core.Checker) {
		translate.Replace(&d.Title, in.Title)
		translate.Set(&d.Tagline, in.Tagline)
		translate.Set(&d.LogoID, in.LogoID)
		translate.Set(&d.FaviconID, in.FaviconID)
		translate.Replace(&d.Language, in.Language)
		translate.Replace(&d.Timezone, in.Timezone)
		translate.Replace(&d.Registration, in.Registration)
		translate.ReplaceList(&d.Navigation, in.Navigation)
		translate.Set(&d.Footer, in.Footer)
		translate.ReplaceList(&d.SocialLinks, in.SocialLinks)
	}}
	return e
}

func (r *siteResolver) Logo(ctx context.Context, obj *model.Site) (*core.Asset, error) {
	return translate.Maybe(core.Follow(ctx, obj, "logo", func(d *model.Site) string { return translate.Deref(d.LogoID) }, r.app.Assets.Collection))
}

func (r *siteResolver) Favicon(ctx context.Context, obj *model.Site) (*core.Asset, error) {
	return translate.Maybe(core.Follow(ctx, obj, "favicon", func(d *model.Site) string { return translate.Deref(d.FaviconID) }, r.app.Assets.Collection))
}

func (r *siteResolver) FooterHTML(ctx context.Context, obj *model.Site) (*string, error) {
	return translate.HTML(ctx, r.app, obj.ID+"-footer", obj.Footer)
}
