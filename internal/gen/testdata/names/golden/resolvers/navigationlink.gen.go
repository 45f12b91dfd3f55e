// Code generated from schema/gen/grapnel/site.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/names/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *navigationLinkResolver) Post(ctx context.Context, obj *model.NavigationLink) (*core.Post, error) {
	return translate.Maybe(core.FollowInside(ctx, translate.Document(ctx), "NavigationLink.postId", translate.Deref(obj.PostID), r.app.Posts.Collection))
}

func (r *navigationLinkResolver) Page(ctx context.Context, obj *model.NavigationLink) (*model.Page, error) {
	return translate.Maybe(core.FollowInside(ctx, translate.Document(ctx), "NavigationLink.pageId", translate.Deref(obj.PageID), r.models.Pages.Collection))
}
